/** Which scheme a token comes under, and which challenges the client gets. */
import { active, anyOf, dpopBound, scopes, trustedIssuer } from '@tollgate/core'
import { createSenderClient } from '@tollgate/mock-issuer'
import { expect } from 'vitest'
import { apiOrigin, dpopDefaults, openDpopApi } from '../harness/dpop.ts'
import { client as apiClient, openScriptedApi } from '../harness/scripted-api.ts'
import { openReference, T0 } from '../harness/reference.ts'
import { createSigner } from '../harness/signer.ts'
import { verifies } from '../harness/verifies.ts'

const url = `${apiOrigin}/items`

verifies(
  'DPOP-17',
  'a bound token under Bearer is refused, with or without a proof, and DPoP is offered',
  async (adapter) => {
    const api = await openDpopApi(adapter)
    const token = await api.bound()
    const proof = await api.client.proof({ url, token })
    for (const further of [[], [['DPoP', proof] as const]]) {
      const headers = [['Authorization', `Bearer ${token}`] as const, ...further]
      expect([await api.outcome({ headers }), await api.outcome({ headers })]).toEqual([
        'E-TOK Bearer DPoP?',
        'E-TOK Bearer DPoP?',
      ])
    }
    expect(await api.presentBound(token, proof)).toBe('OK')
  },
)

verifies('DPOP-17', 'a token that is not bound is refused under DPoP, and accepted under Bearer', async (adapter) => {
  const api = await openDpopApi(adapter)
  const token = await api.token()
  expect(await api.presentBound(token)).toBe('E-TOK DPoP')
  expect([await api.present(token), await api.present(token), await api.present(token)]).toEqual(['OK', 'OK', 'OK'])
  expect(await api.presentBound(token)).toBe('E-TOK DPoP')
  const headers = [['Authorization', `Bearer ${token}`] as const, ['DPoP', 'not a proof'] as const]
  expect(await api.outcome({ headers })).toBe('OK')
})

verifies(['DPOP-16', 'DPOP-17'], 'the same holds for introspected tokens, cached or not', async (adapter) => {
  const client = await createSenderClient({ clock: () => T0 * 1000 })
  const other = await createSenderClient({ clock: () => T0 * 1000 })
  const api = await openScriptedApi(adapter, {
    introspection: {},
    protect: { origin: apiOrigin, dpop: dpopDefaults },
  })
  const { jkt } = client.cnf
  const answers: Readonly<Record<string, Record<string, unknown>>> = {
    bound: { cnf: { jkt }, token_type: 'DPoP' },
    untyped: { cnf: { jkt } },
    typed: { token_type: 'DPoP' },
    shouted: { token_type: 'DPOP' },
    malformed: { cnf: 'x' },
    free: { token_type: 'Bearer' },
  }
  api.issuer.introspect = (token) => api.issuer.active(answers[token] ?? {})
  const present = async (token: string, by = client) => {
    const { authorization, dpop } = await by.headers({ url, token })
    return api.outcome({
      headers: [
        ['Authorization', authorization],
        ['DPoP', dpop],
      ],
    })
  }
  for (let use = 0; use < 2; use += 1) {
    expect([await present('bound'), await present('untyped')]).toEqual(['OK', 'OK'])
    expect([await present('bound', other), await present('untyped', other)]).toEqual(['E-TOK DPoP', 'E-TOK DPoP'])
    for (const token of ['typed', 'shouted', 'malformed', 'free']) {
      expect([token, await present(token)]).toEqual([token, 'E-TOK DPoP'])
    }
    expect([await api.present('bound'), await api.present('untyped')]).toEqual([
      'E-TOK Bearer DPoP?',
      'E-TOK Bearer DPoP?',
    ])
    for (const token of ['typed', 'shouted', 'malformed']) {
      expect([token, await api.present(token)]).toEqual([token, 'E-TOK'])
    }
    expect(await api.present('free')).toBe('OK')
  }
})

verifies('DPOP-17', 'a newer response of the issuer must have the same binding', async (adapter) => {
  const client = await createSenderClient({ clock: () => T0 * 1000 })
  const api = await openScriptedApi(adapter, {
    introspection: {},
    protect: { origin: apiOrigin, dpop: dpopDefaults },
    guards: [active({ within: '0s' })],
  })
  let calls = 0
  let later: Record<string, unknown> = {}
  api.issuer.introspect = () => {
    calls += 1
    return api.issuer.active(calls === 1 ? { cnf: client.cnf } : later)
  }
  for (const [cnf, expected] of [
    [client.cnf, 'OK'],
    [{ jkt: 'another' }, 'E-TOK DPoP'],
    [undefined, 'E-TOK DPoP'],
    ['x', 'E-TOK DPoP'],
  ] as const) {
    calls = 0
    later = cnf === undefined ? {} : { cnf }
    const token = `t-${JSON.stringify(cnf)?.length}`
    const present = async () => {
      const { authorization, dpop } = await client.headers({ url, token })
      return api.outcome({
        headers: [
          ['Authorization', authorization],
          ['DPoP', dpop],
        ],
      })
    }
    expect(await present()).toBe('OK')
    api.advance(1)
    expect([cnf, await present()]).toEqual([cnf, expected])
  }
})

verifies('DPOP-17', 'a response about a JWT may leave out its binding, and must not state another', async (adapter) => {
  const client = await createSenderClient({ clock: () => T0 * 1000 })
  const signer = createSigner('k')
  const api = await openScriptedApi(adapter, {
    keys: [signer.jwk],
    introspection: {},
    protect: { origin: apiOrigin, dpop: dpopDefaults },
    guards: [active({ within: '60s' })],
  })
  for (const [response, expected, ofFree] of [
    [{ cnf: client.cnf }, 'OK', 'E-TOK'],
    [{}, 'OK', 'OK'],
    [{ token_type: 'DPoP' }, 'OK', 'E-TOK'],
    [{ cnf: { jkt: 'another' } }, 'E-TOK DPoP', 'E-TOK'],
    [{ cnf: {} }, 'E-TOK DPoP', 'E-TOK'],
  ] as const) {
    api.issuer.introspect = () => api.issuer.active({ ...response })
    const jti = JSON.stringify(response)
    const token = signer.sign(api.issuer.url, { cnf: client.cnf, jti })
    const { authorization, dpop } = await client.headers({ url, token })
    const headers = [['Authorization', authorization] as const, ['DPoP', dpop] as const]
    expect([response, await api.outcome({ headers })]).toEqual([response, expected])
    expect([response, await api.present(signer.sign(api.issuer.url, { jti }))]).toEqual([response, ofFree])
  }
})

verifies(
  ['DPOP-18', 'HTTP-07'],
  'without credentials, each scheme has a challenge, and both sent is malformed',
  async (adapter) => {
    const api = await openDpopApi(adapter)
    const token = await api.bound()
    expect((await api.send({})).challenges).toEqual([
      'Bearer realm="api", scope="read"',
      'DPoP realm="api", scope="read", algs="ES256 PS256"',
    ])
    for (const lines of [
      [`Bearer ${token}`, `DPoP ${token}`],
      [`DPoP ${token}`, `Bearer ${token}`],
      [`DPoP ${token}, Bearer ${token}`],
      [`Bearer ${token}, DPoP ${token}`],
      [`Bearer ${token},dpop ${token}`],
    ]) {
      const headers = lines.map((line) => ['Authorization', line] as const)
      expect([lines.length, await api.outcome({ headers })]).toEqual([lines.length, 'E-REQ Bearer DPoP'])
    }
    for (const lines of [[`DPoP ${token}`, `DPoP ${token}`], ['DPoP'], ['DPoP '], ['DPoP a b'], ['DPoP token="a"']]) {
      const headers = lines.map((line) => ['Authorization', line] as const)
      expect([lines, await api.outcome({ headers })]).toEqual([lines, 'E-REQ DPoP'])
    }
    expect(await api.outcome({ headers: [['Authorization', 'Basic eDp5']] })).toBe('C0 Bearer DPoP')
    expect(await api.outcome({ headers: [['DPoP', await api.client.proof({ url, token })]] })).toBe('C0 Bearer DPoP')
    expect(await api.present('x')).toBe('E-TOK')
    expect(await api.presentBound(await api.bound({ scope: 'other' }))).toBe('E-SCOPE DPoP')
  },
)

verifies(
  'DPOP-18',
  'where DPoP is required, it alone is offered, and a token under Bearer is refused',
  async (adapter) => {
    const api = await openDpopApi(adapter, { mode: 'required' })
    const [free, bound] = [await api.token(), await api.bound()]
    expect(await api.outcome({})).toBe('C0 DPoP')
    for (const token of [free, free, free, bound, bound]) {
      expect(await api.present(token)).toBe('E-TOK DPoP')
    }
    expect([await api.presentBound(bound), await api.presentBound(free)]).toEqual(['OK', 'E-TOK DPoP'])
  },
)

verifies('DPOP-18', 'a guard requires DPoP on its route alone', async (adapter) => {
  const api = await openDpopApi(adapter, {}, { guards: [dpopBound(), scopes('read')] })
  const [free, bound] = [await api.token(), await api.bound()]
  expect(await api.outcome({})).toBe('C0 DPoP')
  expect([await api.present(free), await api.present(free), await api.present(bound)]).toEqual([
    'E-TOK DPoP',
    'E-TOK DPoP',
    'E-TOK DPoP',
  ])
  expect(await api.presentBound(bound)).toBe('OK')
  const either = await openDpopApi(adapter, {}, { guards: [anyOf(dpopBound(), scopes('read'))] })
  expect(await either.outcome({})).toBe('C0 Bearer DPoP')
  expect(await either.present(await either.token())).toBe('OK')
})

verifies('DPOP-18', 'a token of a cookie or a header of its own counts as Bearer', async (adapter) => {
  const { cookie, header } = await import('@tollgate/core')
  const api = await openDpopApi(
    adapter,
    {},
    { protect: { credentials: ['authorization', cookie('token'), header('x-token')] } },
  )
  const [free, bound] = [await api.token(), await api.bound()]
  for (const [name, prefix] of [
    ['Cookie', 'token='],
    ['X-Token', ''],
  ] as const) {
    expect(await api.outcome({ headers: [[name, `${prefix}${free}`]] })).toBe('OK')
    expect(await api.outcome({ headers: [[name, `${prefix}${bound}`]] })).toBe('E-TOK Bearer DPoP?')
  }
})

verifies('OFF-DPOP', 'with DPoP off, no challenge offers it', async (adapter) => {
  const issuer = trustedIssuer('https://as.example', { introspection: { client: apiClient } })
  const api = await openReference(adapter, { protect: { issuer, dpop: { mode: 'off' } } })
  expect(await api.outcome({})).toBe('C0')
})

verifies(
  ['DPOP-18', 'HTTP-02'],
  'credentials that are malformed behind the scheme DPoP count as DPoP',
  async (adapter) => {
    const api = await openDpopApi(adapter)
    const token = await api.bound()
    for (const line of ['DPoP', `DPoP\t${token}`, `dpop=${token}`, `DPoP,${token}`, `DPoP "${token}"`]) {
      expect([line, await api.outcome({ headers: [['Authorization', line]] })]).toEqual([line, 'E-REQ DPoP'])
    }
    expect(await api.outcome({ headers: [['Authorization', `DPoPX ${token}`]] })).toBe('C0 Bearer DPoP')
  },
)
