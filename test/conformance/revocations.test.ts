/** A revoked token is refused in every framework, also when it is cached, and by every process with the same log. */
import {
  active,
  createValidator,
  memoryRevocations,
  type Revocation,
  type Revocations,
  scopes,
  trustedIssuer,
  type TrustedIssuerOptions,
  type Validator,
} from '@tollgate/core'
import { expect, onTestFinished } from 'vitest'
import type { Adapter } from '../harness/adapters.ts'
import { type Api, openApi } from '../harness/api.ts'
import { badLog, disturbances } from '../harness/bad-log.ts'
import { audience, T0 } from '../harness/constants.ts'
import { fleetKey, signFor, waitForEntries } from '../harness/fleet.ts'
import { leasingCache } from '../harness/memory-cache.ts'
import { client } from '../harness/scripted-api.ts'
import { openScriptedIssuer, type ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { verifies } from '../harness/verifies.ts'
import { waitFor } from '../harness/wait-for.ts'

interface Scene {
  readonly issuer: ScriptedIssuer
  readonly time: { now: number }
  /** Two processes with the same log and the same shared cache. */
  readonly apis: readonly [Api, Api]
  readonly validators: readonly [Validator, Validator]
  readonly sign: (changes?: object) => string
}

interface SceneOptions {
  readonly log?: Revocations
  readonly issuer?: TrustedIssuerOptions
}

async function open(
  adapter: Adapter,
  { log = memoryRevocations(), issuer: trusted }: SceneOptions = {},
): Promise<Scene> {
  const issuer = await openScriptedIssuer([fleetKey])
  const time = { now: T0 }
  const cache = leasingCache()
  const start = (): Validator => {
    const validator = createValidator({
      issuer: trustedIssuer(issuer.url, { introspection: { client }, ...trusted }),
      audience,
      clock: () => time.now * 1000,
      revocations: log,
      cache,
    })
    onTestFinished(() => validator.close())
    return validator
  }
  const validators = [start(), start()] as const
  const serve = (protection: Validator): Promise<Api> => openApi(adapter, { protection, guards: [scopes('read')] })
  const apis = [await serve(validators[0]), await serve(validators[1])] as const
  return { issuer, time, apis, validators, sign: (changes) => signFor(issuer.url, changes) }
}

const ways: readonly ((token: string) => Revocation)[] = [
  (token) => ({ token }),
  () => ({ jti: 'j-1' }),
  () => ({ sid: 's-1' }),
  () => ({ sub: 'alice' }),
  () => ({ clientId: 'app' }),
]

const other = { jti: 'j-2', sid: 's-2', sub: 'bob', client_id: 'other' }

verifies(
  ['REVOKE-01', 'INT-08', 'INT-12'],
  'a revoked token is refused, cached or not, by every process',
  async (adapter) => {
    for (const revocationOf of ways) {
      const { issuer, apis, validators, sign } = await open(adapter)
      issuer.introspect = (token) => issuer.active(token === 'other' ? other : { jti: 'j-1', sid: 's-1' })
      const [jwt, good] = [sign(), sign(other)]
      for (const api of apis) {
        // The second use caches a JWT, and the third one takes the fast path.
        for (const token of [jwt, jwt, jwt, good, good, good, 'opaque', 'other']) {
          expect(await api.present(token)).toBe('OK')
        }
      }
      await validators[0].revoke(revocationOf(jwt))
      await validators[0].revoke(revocationOf('opaque'))
      await waitForEntries(validators[1], validators[0].health().revocations.entries)
      for (const api of apis) {
        for (const token of [jwt, 'opaque']) {
          expect([await api.present(token), await api.present(token)]).toEqual(['E-TOK', 'E-TOK'])
        }
        expect([await api.present(good), await api.present('other')]).toEqual(['OK', 'OK'])
      }
    }
  },
)

verifies('REVOKE-01', 'the challenge for a revoked token is that for an invalid one', async (adapter) => {
  const { apis, validators, sign } = await open(adapter)
  await validators[0].revoke({ sub: 'alice' })
  for (const path of ['/items', '/mounted/items', '/twice', '/optional', '/inner/items']) {
    const { status, challenges, body } = await apis[0].send({ path, headers: [['Authorization', `Bearer ${sign()}`]] })
    const description = 'error_description="The access token is not valid"'
    // A layer in front without scopes refuses the token.
    const scope = ['/twice', '/inner/items'].includes(path) ? '(, scope="read")?' : ', scope="read"'
    const challenge = new RegExp(`^Bearer realm="api", error="invalid_token", ${description}${scope}$`)
    expect([path, status, challenges]).toEqual([path, 401, [expect.stringMatching(challenge)]])
    expect(body).not.toMatch(/revoked|alice/)
  }
})

verifies('REVOKE-01', 'the guard `active` does not accept a revoked token', async (adapter) => {
  const { validators, sign } = await open(adapter)
  const api = await openApi(adapter, { protection: validators[0], guards: [active({ within: '60s' })] })
  const [jwt, opaque] = [sign(), 'opaque']
  expect([await api.present(jwt), await api.present(opaque)]).toEqual(['OK', 'OK'])
  await validators[0].revoke({ sub: 'alice' })
  expect([await api.present(jwt), await api.present(opaque)]).toEqual(['E-TOK', 'E-TOK'])
})

verifies(
  'REVOKE-02',
  'a token that is issued after the revocation is valid, and one of the same second is not',
  async (adapter) => {
    for (const revocation of [{ sub: 'alice' }, { sid: 's-1' }, { clientId: 'app' }]) {
      const { issuer, time, apis, validators, sign } = await open(adapter)
      time.now = T0 + 0.5
      await validators[0].revoke(revocation)
      await waitForEntries(validators[1], 1)
      time.now = T0 + 2
      for (const [iat, expected] of [
        [T0 - 60, 'E-TOK'],
        [T0, 'E-TOK'],
        [T0 + 1, 'OK'],
        [undefined, 'E-TOK'],
      ] as const) {
        issuer.introspect = () => issuer.active({ iat, sid: 's-1' })
        for (const api of apis) {
          const token = sign({ iat, jti: `${iat}` })
          expect([await api.present(token), await api.present(token)]).toEqual([expected, expected])
          expect(await api.present(`opaque-${iat}`)).toBe(expected)
        }
      }
    }
  },
)

verifies('REVOKE-02', 'a revocation at one issuer leaves the tokens of another one valid', async (adapter) => {
  const [first, second] = [await openScriptedIssuer([fleetKey]), await openScriptedIssuer([fleetKey])]
  const issuer = [first, second].map(({ url }) => trustedIssuer(url))
  const validator = createValidator({ issuer, audience, clock: () => T0 * 1000 })
  const { present } = await openApi(adapter, { protection: validator })
  await validator.revoke({ sub: 'alice', issuer: first.url })
  expect([await present(signFor(first.url)), await present(signFor(second.url))]).toEqual(['E-TOK', 'OK'])
})

verifies(
  ['REVOKE-03', 'ERR-01'],
  'without contact to the log, good tokens get 503 or are served, and never 401',
  async (adapter) => {
    for (const [whenSilent, expected] of [
      ['refuse', 'E-UP'],
      ['serve', 'OK'],
    ] as const) {
      const log = badLog({ whenSilent })
      const { time, apis, validators, sign } = await open(adapter, { log })
      const [token, revoked] = [sign(), sign({ jti: 'j-2' })]
      await validators[0].ready()
      for (const good of [token, token, token, 'opaque']) {
        expect(await apis[0].present(good)).toBe('OK')
      }
      log.disturb = disturbances['rejects']
      // It ends the read that is under way.
      await validators[0].revoke({ token: revoked })
      const before = log.reads.length
      await waitFor(() => log.reads.length > before)
      time.now += 2
      for (const good of [token, token, 'opaque', sign({ jti: 'new' })]) {
        expect(await apis[0].present(good)).toBe(expected)
      }
      expect(await apis[0].present(revoked)).toBe('E-TOK')
      log.disturb = undefined
      await waitFor(() => validators[0].health().revocations.state === 'current')
      expect([await apis[0].present(token), await apis[0].present('opaque')]).toEqual(['OK', 'OK'])
    }
  },
)

verifies('REVOKE-04', 'a record that is not exactly ours revokes nothing', async (adapter) => {
  const log = badLog()
  const { apis, validators, sign } = await open(adapter, { log })
  const records = ['', 'null', '{}', '[]', '[1,"sub","*",0,9e15]', '[1,"all",null,0,1]', 'x'.repeat(100_000)]
  for (const record of [...records, '{"sub":"alice"}', '[1,"sub","alice",1700000000000,1700086400000]']) {
    await log.publish(record)
  }
  await validators[0].revoke({ sub: 'bob' })
  await waitForEntries(validators[1], 1)
  for (const api of apis) {
    expect([await api.present(sign()), await api.present(sign(other))]).toEqual(['OK', 'E-TOK'])
  }
})

verifies('INT-12', 'an eviction concerns the caches of every process', async (adapter) => {
  const { issuer, time, apis, validators, sign } = await open(adapter, { issuer: { formats: 'opaque' } })
  const jwt = sign()
  for (const api of apis) {
    expect([await api.present('t'), await api.present(jwt)]).toEqual(['OK', 'OK'])
  }
  issuer.introspect = () => ({ active: false })
  time.now += 1
  await validators[0].evict('t')
  await validators[0].evict(jwt)
  await waitForEntries(validators[1], 2)
  for (const api of apis) {
    expect([await api.present('t'), await api.present(jwt)]).toEqual(['E-TOK', 'E-TOK'])
  }
})
