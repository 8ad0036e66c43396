/** What `explain` says about a revoked token, and about a log of revocations that is gone. */
import type { Explanation, Revocation } from '@tollgate/core'
import { expect, test } from 'vitest'
import { badLog, disturbances } from '../harness/bad-log.ts'
import { type Fleet, openFleet } from '../harness/fleet.ts'
import { requestWith } from '../harness/scripted-validator.ts'

async function explained({ validator, sign }: Fleet): Promise<Explanation | undefined> {
  const error: unknown = await validator.authenticate(requestWith(sign())).catch((thrown: unknown) => thrown)
  return validator.explain(error)
}

test.each<readonly [name: string, revocation: (token: string) => Revocation, cause: RegExp]>([
  ['itself', (token) => ({ token }), /revoked it\./],
  ['its jti', () => ({ jti: 'j-1' }), /all tokens with its `jti`/],
  ['its session', () => ({ sid: 's-1' }), /all tokens with its `sid`/],
  ['its subject', () => ({ sub: 'alice' }), /all tokens with its `sub`/],
  ['its client', () => ({ clientId: 'app' }), /all tokens with its `client_id`/],
])('a token that is revoked by %s', async (_name, revocationOf, cause) => {
  const fleet = await openFleet()
  await fleet.validator.revoke(revocationOf(fleet.sign()))
  const explanation = await explained(fleet)
  expect(explanation).toMatchObject({ status: 401, reason: 'revoked', step: 'constraints' })
  expect(explanation?.line).toMatch(cause)
  expect(explanation?.line).toMatch(/must get a new token/)
  expect(JSON.stringify(explanation)).not.toMatch(/j-1|s-1/)
})

test('a log that is gone', async () => {
  const log = badLog({ whenSilent: 'refuse' })
  log.disturb = disturbances['rejects']
  const explanation = await explained(await openFleet({ log }))
  expect(explanation).toMatchObject({ status: 503, reason: 'revocations-silent' })
  expect(explanation?.line).toMatch(/`revocations`/)
})
