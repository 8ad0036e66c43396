import fc from 'fast-check'
import { anyOf, anyScope, claims, scopes } from '@tollgate/express'
import { wrongTokens } from '@tollgate/mock-issuer'
import { expect } from 'vitest'
import { parseChallenges } from '../harness/challenges.ts'
import { openReference, T0 } from '../harness/reference.ts'
import type { Sent } from '../harness/send.ts'
import { verifies } from '../harness/verifies.ts'

const urlEncoded = 'application/x-www-form-urlencoded'

function form(body: string, contentType = urlEncoded, method = 'POST'): Sent {
  return { method, body, headers: [['Content-Type', contentType]] }
}

verifies('BRR-01', 'a token in the header is accepted, and its claims are available', async (adapter) => {
  const api = await openReference(adapter)
  expect(await api.present(await api.token({ sub: 'alice', client_id: 'app', scope: 'read write' }))).toBe('OK')
  const token = api.seen()
  expect(token).toMatchObject({ kind: 'jwt', issuer: api.issuer.url, subject: 'alice', clientId: 'app' })
  expect([...(token?.scopes ?? [])]).toEqual(['read', 'write'])
  expect(token?.expiresAt).toEqual(new Date((T0 + 300) * 1000))
})

verifies(
  'BRR-02',
  'a form body carries a token only with `formBody`, and only if it is an ASCII form',
  async (adapter) => {
    const byDefault = await openReference(adapter)
    const body = `access_token=${await byDefault.token()}`
    expect(await byDefault.outcome(form(body))).toBe('C0')

    const api = await openReference(adapter, { protect: { formBody: 'accepted' } })
    const own = `access_token=${await api.token()}`
    expect(await api.outcome(form(own))).toBe('OK')
    expect(await api.outcome(form(`a=b&${own}`, `${urlEncoded}; charset=utf-8`))).toBe('OK')
    expect(await api.outcome(form(own, urlEncoded, 'GET'))).toBe('C0')
    expect(await api.outcome(form(`${own}&name=%C3%A9`))).toBe('C0')
    expect(await api.outcome(form(JSON.stringify({ access_token: await api.token() }), 'application/json'))).toBe('C0')
    expect(await api.outcome(form(own, 'multipart/form-data; boundary=x'))).toBe('C0')
    expect(await api.outcome(form('access_token=abc'))).toBe('E-TOK')
  },
)

verifies('BRR-03', 'a token in the query is ignored', async (adapter) => {
  const api = await openReference(adapter)
  const token = await api.token()
  expect(await api.outcome({ path: `/items?access_token=${token}` })).toBe('C0')
  const headers = [['Authorization', `Bearer ${token}`]] as const
  expect(await api.outcome({ path: `/items?access_token=${token}`, headers })).toBe('OK')
})

verifies(['BRR-04', 'BRR-09'], 'a challenge has at least one parameter, and none twice', async (adapter) => {
  const api = await openReference(adapter)
  for (const sent of [
    {},
    { headers: [['Authorization', 'Bearer abc']] },
    { headers: [['Authorization', 'Bearer']] },
  ] as const) {
    const { challenges } = await api.send(sent)
    expect(challenges).toHaveLength(1)
    expect(challenges[0]).toMatch(/^Bearer \w+=/)
    // The parser throws for a repeated parameter.
    expect(parseChallenges(challenges)[0]?.parameters).toHaveProperty('realm', 'api')
  }
})

verifies('BRR-05', 'a request without credentials gets no error information', async (adapter) => {
  const api = await openReference(adapter)
  expect(await api.outcome({})).toBe('C0')
  for (const value of ['Basic eHg=', 'Digest username="x"', 'Token abc', 'BearerX abc', '', '"']) {
    expect(await api.outcome({ headers: [['Authorization', value]] }), value).toBe('C0')
  }
  expect(await api.outcome({ headers: [['Cookie', `access_token=${await api.token()}`]] })).toBe('C0')
})

verifies(['BRR-06', 'AT-06'], 'every wrong token is invalid_token', async (adapter) => {
  const api = await openReference(adapter)
  for (const name of wrongTokens) {
    expect(await api.present(await api.issuer.wrongToken(name, { scope: 'read' })), name).toBe('E-TOK')
  }
  for (const token of ['abc', 'a.b.c', 'a.b', '.', '..', '...', 'a..b', '===']) {
    expect(await api.present(token), token).not.toBe('OK')
  }
})

verifies('BRR-07', 'a repeated parameter is 400', async (adapter) => {
  const api = await openReference(adapter, { protect: { formBody: 'accepted' } })
  const token = await api.token()
  expect(await api.outcome(form(`access_token=${token}&access_token=${token}`))).toBe('E-REQ')
})

verifies('BRR-08', 'a token in the header and in the form is 400, even if both are equal', async (adapter) => {
  const api = await openReference(adapter, { protect: { formBody: 'accepted' } })
  const token = await api.token()
  for (const inForm of [token, 'another']) {
    const { headers = [], ...rest } = form(`access_token=${inForm}`)
    expect(await api.outcome({ ...rest, headers: [...headers, ['Authorization', `Bearer ${token}`]] })).toBe('E-REQ')
  }
})

verifies('BRR-10', 'scopes are compared exactly', async (adapter) => {
  const api = await openReference(adapter, { guards: [scopes('read', 'write')] })
  for (const scope of ['read write', 'write read', ' write  read ', 'read write admin']) {
    expect(await api.present(await api.token({ scope })), scope).toBe('OK')
  }
  const lacking = [
    'Read write',
    'read,write',
    'readwrite',
    'read.all write',
    'read',
    '',
    'read\twrite',
    { read: 1 },
    ['read write'],
    7,
    null,
    true,
  ]
  for (const scope of lacking) {
    expect(await api.present(await api.token({ scope })), JSON.stringify(scope)).toBe('E-SCOPE')
  }
  for (const wrong of ['a"b', 'a b', '', 'é', String.raw`a\b`]) {
    expect(() => scopes(wrong)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  }
  expect(() => scopes()).toThrow(TypeError)
})

verifies('BRR-11', 'a response contains no part of the token', async (adapter) => {
  const api = await openReference(adapter)
  const tokens = [
    await api.token({}, { kid: '"><script>' }),
    await api.token({}, { kid: 'x\r\nSet-Cookie: y' }),
    await api.token({ iss: 'x\r\ny' }),
    await api.token({ aud: 'evil"audience' }),
    await api.token({}, { typ: 'x"y\u0000' }),
  ]
  const responses = await Promise.all(
    tokens.map((token) => api.send({ headers: [['Authorization', `Bearer ${token}`]] })),
  )
  for (const { status, challenges, body } of responses) {
    expect(status).toBe(401)
    expect(challenges.join() + body).not.toMatch(/<script|cookie|evil|x"y/i)
  }
  // An unknown key, an untrusted issuer and a wrong type get the same response.
  expect(
    new Set([responses[0], responses[2], responses[4]].map((one) => `${one?.challenges.join()} ${one?.body}`)).size,
  ).toBe(1)
})

verifies('BRR-12', 'a challenge names all scopes that the route demands', async (adapter) => {
  const cases = [
    { guards: [scopes('read', 'write')], scope: 'read', needed: 'read write' },
    { guards: [scopes('read'), scopes('write', 'read')], scope: 'read', needed: 'read write' },
    { guards: [anyScope('admin', 'write')], scope: 'read', needed: 'admin write' },
    { guards: [anyOf(scopes('admin'), scopes('read', 'write'))], scope: 'read', needed: 'admin read write' },
    {
      guards: [
        anyOf(
          claims(() => false, 'no'),
          scopes('admin'),
        ),
      ],
      scope: 'read',
      needed: 'admin',
    },
  ]
  for (const { guards, scope, needed } of cases) {
    const api = await openReference(adapter, { guards })
    const { status, challenges } = await api.send({
      headers: [['Authorization', `Bearer ${await api.token({ scope })}`]],
    })
    expect(status).toBe(403)
    expect(parseChallenges(challenges)[0]?.parameters).toMatchObject({ error: 'insufficient_scope', scope: needed })
    expect(parseChallenges((await api.send({})).challenges)[0]?.parameters).toEqual({ realm: 'api', scope: needed })
  }
})

verifies('BRR-13', 'a changed token is refused with a registered error code', async (adapter) => {
  const api = await openReference(adapter)
  const token = await api.token()
  const mutated = fc
    .tuple(fc.nat({ max: token.length - 1 }), fc.nat({ max: 3 }), fc.stringMatching(/^[\x20-\x7E]{0,3}$/))
    .map(([at, cut, noise]) => token.slice(0, at) + noise + token.slice(at + cut))
    // Spaces around a token do not belong to it.
    .filter((candidate) => candidate.trim() !== token)
  await fc.assert(
    fc.asyncProperty(mutated, async (candidate) => {
      expect(['E-REQ', 'E-TOK']).toContain(await api.present(candidate))
    }),
    { numRuns: 60 },
  )
})

verifies('BRR-13', 'an optional route accepts absent credentials, and never bad ones', async (adapter) => {
  const api = await openReference(adapter)
  const optional = (value?: string): Sent => ({
    path: '/optional',
    headers: value === undefined ? [] : [['Authorization', value]],
  })
  expect(await api.outcome(optional())).toBe('OK')
  expect(api.seen()).toBeUndefined()
  expect(await api.outcome(optional('Basic eHg='))).toBe('OK')
  expect(await api.outcome(optional(`Bearer ${await api.token()}`))).toBe('OK')
  expect(api.seen()?.subject).toBe('alice')
  expect(await api.outcome(optional(`Bearer ${await api.issuer.wrongToken('expired')}`))).toBe('E-TOK')
  expect(await api.outcome(optional('Bearer'))).toBe('E-REQ')
  expect(await api.outcome(optional(`Bearer ${await api.token({ scope: '' })}`))).toBe('E-SCOPE')
})
