/** What `explain` says when a sign-in is too weak or too old. */
import { createValidator, stepUp } from '@tollgate/core'
import { expect, onTestFinished, test } from 'vitest'
import { openIssuer, T0 } from '../harness/reference.ts'
import { requestWith } from '../harness/scripted-validator.ts'

test.each<readonly [name: string, claims: Record<string, unknown>, line: RegExp]>([
  ['another class', { acr: 'bronze', auth_time: T0 }, /the `acr` of the token.* Got "bronze"\. .*`acr_values`/],
  ['no class', { auth_time: T0 }, /the `acr` of the token.* Got nothing\./],
  [
    'an old sign-in',
    { acr: 'gold', auth_time: T0 - 3600 },
    /signed in too long ago.* Got a sign-in 60 min ago\..*`max_age`/,
  ],
  ['no time', { acr: 'gold' }, /no `auth_time`.* Got nothing\. .*must write `auth_time`/],
])('%s', async (_name, claims, line) => {
  const issuer = await openIssuer()
  const validator = createValidator(issuer.validatorOptions)
  onTestFinished(() => validator.close())
  const request = requestWith(await issuer.accessToken(claims))
  const guard = stepUp({ acr: 'gold', maxAge: '5m' })
  const error: unknown = await validator.authenticate(request, guard).catch((thrown: unknown) => thrown)
  const explanation = validator.explain(error)
  expect(explanation).toMatchObject({ status: 401, reason: 'insufficient-authentication', step: 'guards' })
  expect(explanation?.line).toMatch(line)
})
