/** Step-up authentication (RFC 9470). */
import { allOf, anyOf, scopes, stepUp, type StepUpOptions } from '@tollgate/core'
import { expect } from 'vitest'
import { messagesOn } from '../harness/channel-messages.ts'
import { openDpopApi } from '../harness/dpop.ts'
import { openReference, T0 } from '../harness/reference.ts'
import { openScriptedApi } from '../harness/scripted-api.ts'
import { verifies } from '../harness/verifies.ts'

const description = 'error_description="A stronger or more recent authentication is required"'
const start = `Bearer realm="api", error="insufficient_user_authentication", ${description}`

verifies(
  ['STEP-01', 'STEP-02'],
  'one of the classes is enough, and the challenge names all of them in their order',
  async (adapter) => {
    const api = await openReference(adapter, { guards: [scopes('read'), stepUp({ acr: ['gold', 'silver'] })] })
    for (const acr of ['gold', 'silver']) {
      expect([acr, await api.present(await api.token({ acr }))]).toEqual([acr, 'OK'])
    }
    for (const acr of ['bronze', 'Gold', '', 'gold silver', ['gold'], { gold: true }, null, 1, undefined]) {
      const token = await api.token({ acr })
      expect([acr, await api.present(token), await api.present(token)]).toEqual([acr, 'E-STEP', 'E-STEP'])
    }
    const { status, challenges } = await api.send({
      headers: [['Authorization', `Bearer ${await api.token({ acr: '1' })}`]],
    })
    expect([status, challenges]).toEqual([401, [`${start}, acr_values="gold silver", scope="read"`]])
    expect(await api.outcome({})).toBe('C0')
  },
)

verifies('STEP-03', 'the authentication is recent up to the maximum age and the tolerance', async (adapter) => {
  const api = await openReference(adapter, { guards: [scopes('read'), stepUp({ maxAge: 300 })] })
  for (const [time, expected] of [
    [T0, 'OK'],
    [T0 - 300, 'OK'],
    [T0 - 305, 'OK'],
    [T0 - 306, 'E-STEP'],
    [T0 + 5, 'OK'],
    [T0 + 6, 'E-STEP'],
    [String(T0), 'E-STEP'],
    [T0 * 1000, 'E-STEP'],
    [undefined, 'E-STEP'],
  ] as const) {
    expect([time, await api.present(await api.token({ auth_time: time }))]).toEqual([time, expected])
  }
  const token = await api.token({ auth_time: T0 - 280, exp: T0 + 3600 })
  expect([await api.present(token), await api.present(token)]).toEqual(['OK', 'OK'])
  api.issuer.clock.advance('26s')
  expect(await api.present(token)).toBe('E-STEP')
})

verifies('STEP-03', 'a maximum age of 0 demands a sign-in of this moment', async (adapter) => {
  const api = await openReference(adapter, { guards: [stepUp({ maxAge: 0 })] })
  expect(await api.present(await api.token({ auth_time: T0 }))).toBe('OK')
  const { challenges } = await api.send({ headers: [['Authorization', `Bearer ${await api.token()}`]] })
  expect(challenges).toEqual([`${start}, max_age="0"`])
})

verifies('STEP-04', 'one challenge names all that the token needs', async (adapter) => {
  const api = await openReference(adapter, {
    guards: [
      scopes('read', 'write'),
      stepUp({ acr: 'gold', maxAge: '5m' }),
      stepUp({ acr: ['silver', 'gold'], maxAge: 600 }),
    ],
  })
  const challengeFor = async (claims: Record<string, unknown>) =>
    (await api.send({ headers: [['Authorization', `Bearer ${await api.token(claims)}`]] })).challenges
  const all = { acr: 'gold', auth_time: T0, scope: 'read write' }
  expect(await api.present(await api.token(all))).toBe('OK')
  const demanded = 'acr_values="gold", max_age="300"'
  expect(await challengeFor({ ...all, acr: 'silver' })).toEqual([`${start}, ${demanded}, scope="read write"`])
  expect(await challengeFor({ ...all, acr: '1', scope: 'read' })).toEqual([`${start}, ${demanded}, scope="read write"`])
  expect(await api.present(await api.token({ ...all, scope: 'read' }))).toBe('E-SCOPE')
  expect(await challengeFor({ ...all, acr: '1', exp: 1 })).toEqual([expect.not.stringContaining('acr_values')])
})

verifies('STEP-05', 'the members of an introspection response count as well', async (adapter) => {
  const api = await openScriptedApi(adapter, { introspection: {}, guards: [stepUp({ acr: 'gold', maxAge: 60 })] })
  const answers: Readonly<Record<string, Record<string, unknown>>> = {
    good: { acr: 'gold', auth_time: T0 - 50 },
    weak: { acr: '1', auth_time: T0 },
    listed: { acr: ['gold'], auth_time: T0 },
    none: {},
  }
  api.issuer.introspect = (token) => api.issuer.active(answers[token] ?? {})
  for (let use = 0; use < 2; use += 1) {
    expect(await api.present('good')).toBe('OK')
    for (const token of ['weak', 'listed', 'none']) {
      expect([token, await api.present(token)]).toEqual([token, 'E-STEP'])
    }
  }
  api.advance(20)
  expect(await api.present('good')).toBe('E-STEP')
})

verifies(
  ['ERR-04', 'ERR-05'],
  'step-up comes after the token and before the scopes, and its outcome is published',
  async (adapter) => {
    const refusals = messagesOn('tollgate:refusal')
    const api = await openReference(adapter, { guards: [scopes('write'), stepUp({ acr: 'gold' })] })
    expect(await api.present(await api.token({ exp: 1 }))).toBe('E-TOK')
    expect(await api.present(await api.token({ acr: '1' }))).toBe('E-STEP')
    expect(refusals.at(-1)).toMatchObject({
      outcome: 'insufficient_user_authentication',
      subject: 'alice',
      refusal: { reason: 'insufficient-authentication', claimPaths: ['acr'] },
    })
    expect(await api.present(await api.token({ acr: 'gold' }))).toBe('E-SCOPE')
  },
)

verifies('STEP-01', 'the error is in the challenge of the scheme that the request used', async (adapter) => {
  const api = await openDpopApi(adapter, {}, { guards: [stepUp({ acr: 'gold' })] })
  expect(await api.presentBound(await api.bound({ acr: '1' }))).toBe('E-STEP DPoP')
  expect(await api.present(await api.token({ acr: '1' }))).toBe('E-STEP')
})

verifies('STEP-02', 'a combination accepts what one of its parts accepts', async (adapter) => {
  const guards = [anyOf(stepUp({ acr: 'gold' }), allOf(scopes('read'), stepUp({ acr: 'silver', maxAge: 60 })))]
  const api = await openReference(adapter, { guards })
  expect(await api.present(await api.token({ acr: 'gold', scope: '' }))).toBe('OK')
  expect(await api.present(await api.token({ acr: 'silver', auth_time: T0 }))).toBe('OK')
  expect(await api.present(await api.token({ acr: 'silver' }))).toBe('E-STEP')
})

verifies(
  'STEP-03',
  'a route that no token could satisfy, and bad options, are errors at the start',
  async (adapter) => {
    const api = await openReference(adapter)
    expect(await api.present(await api.token())).toBe('OK')
    for (const options of [
      {},
      { acr: [] },
      { acr: '' },
      { acr: 'a b' },
      { acr: 'é' },
      { acr: ['gold', 7] },
      { maxAge: -1 },
      { maxAge: 1.5 },
      { maxAge: NaN },
      { maxAge: Infinity },
      { maxAge: '1.5s' },
      { maxAge: 'soon' },
      { max_age: 5 },
      undefined,
    ] as unknown as StepUpOptions[]) {
      expect(() => stepUp(options), JSON.stringify(options)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
      )
    }
    expect(() => allOf(stepUp({ acr: 'gold' }), stepUp({ acr: 'silver' }))).toThrow(/`acr` in common/)
  },
)
