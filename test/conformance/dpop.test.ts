/** Each check of RFC 9449 §4.3, over every adapter. */
import { createSenderClient, type WrongProof, wrongProofs } from '@tollgate/mock-issuer'
import { expect } from 'vitest'
import { type Adapter, frameworks } from '../harness/adapters.ts'
import { messagesOn } from '../harness/channel-messages.ts'
import { apiOrigin, type DpopApi, openDpopApi } from '../harness/dpop.ts'
import { T0 } from '../harness/reference.ts'
import { catchWarnings } from '../harness/warnings.ts'
import { verifies } from '../harness/verifies.ts'

const url = `${apiOrigin}/items`

/** Each change of a claim makes a good proof a bad one, and the same proof without the change is good. */
async function expectRefused(api: DpopApi, changes: readonly Record<string, unknown>[]): Promise<void> {
  const token = await api.bound()
  for (const claims of changes) {
    expect(await api.presentBound(token, { claims }), JSON.stringify(claims)).toBe('E-PROOF')
  }
  expect(await api.presentBound(token)).toBe('OK')
}

verifies(
  ['DPOP-01', 'HTTP-01'],
  'a bound token with a good proof is accepted, and the handler sees its key',
  async (adapter) => {
    const api = await openDpopApi(adapter)
    const token = await api.bound()
    for (const scheme of ['DPoP', 'dpop', 'DPOP', 'dPoP']) {
      const proof = await api.client.proof({ url, token })
      const headers = [['Authorization', `${scheme} ${token}`] as const, ['dpop', proof] as const]
      expect(await api.outcome({ headers })).toBe('OK')
      expect(api.seen()?.confirmation).toEqual({ jkt: api.client.thumbprint })
    }
    expect(await api.present(await api.token())).toBe('OK')
    expect(api.seen()?.confirmation).toBeUndefined()
  },
)

verifies('DPOP-01', 'each layer of a request sees the token, and the proof is used up once', async (adapter) => {
  const api = await openDpopApi(adapter)
  const token = await api.bound()
  for (const path of ['/items', '/mounted/items', '/twice', '/optional', '/inner/items']) {
    const { authorization, dpop } = await api.client.headers({ url: `${apiOrigin}${path}`, token })
    const headers = [['Authorization', authorization] as const, ['DPoP', dpop] as const]
    expect([path, await api.outcome({ path, headers })]).toEqual([path, 'OK'])
    expect([path, await api.outcome({ path, headers })]).toEqual([path, 'E-PROOF'])
  }
})

verifies('DPOP-02', 'without a proof there is no access', async (adapter) => {
  const api = await openDpopApi(adapter)
  const token = await api.bound()
  expect(await api.outcome({ headers: [['Authorization', `DPoP ${token}`]] })).toBe('E-PROOF')
  expect(await api.presentBound(token, '')).toBe('E-PROOF')
  expect(await api.outcome({ headers: [['Authorization', `DPoP ${await api.bound({ exp: 1 })}`]] })).toBe('E-TOK DPoP')
})

verifies('DPOP-03', 'several proofs are refused, and none of them is used up', async (adapter) => {
  const api = await openDpopApi(adapter)
  const token = await api.bound()
  const [one, two] = [await api.client.proof({ url, token }), await api.client.proof({ url, token })]
  for (const lines of [[one, two], [one, one], [`${one}, ${two}`], [`${one},${one}`], [`${one},`]]) {
    const headers = [['Authorization', `DPoP ${token}`] as const, ...lines.map((line) => ['DPoP', line] as const)]
    expect(await api.outcome({ headers })).toBe('E-PROOF')
  }
  expect([await api.presentBound(token, one), await api.presentBound(token, two)]).toEqual(['OK', 'OK'])
})

/** The results that differ from `E-PROOF`. */
const otherResults: Readonly<Partial<Record<WrongProof, string>>> = { foreignKey: 'E-TOK DPoP' }

verifies(
  ['DPOP-04', 'DPOP-08', 'DPOP-09', 'JOSE-01'],
  'each wrong proof of the mock issuer gets the error that its name says',
  async (adapter) => {
    const api = await openDpopApi(adapter)
    const token = await api.bound()
    for (const name of wrongProofs) {
      const proof = await api.client.wrongProof(name, { url, token })
      expect([name, await api.presentBound(token, proof)]).toEqual([name, otherResults[name] ?? 'E-PROOF'])
    }
    expect(await api.presentBound(token)).toBe('OK')
  },
)

verifies('DPOP-04', 'text that is no JWT is refused', async (adapter) => {
  const api = await openDpopApi(adapter)
  const token = await api.bound()
  const good = await api.client.proof({ url, token })
  const [header = '', claims = '', signature = ''] = good.split('.')
  for (const proof of [
    'x',
    '..',
    'a.b.c',
    `${header}.${claims}`,
    `${good}.`,
    `${good}.x.y`,
    `${header}.${claims}.${signature}=`,
    `${header} .${claims}.${signature}`,
    `"${good}"`,
    `DPoP ${good}`,
  ]) {
    expect(await api.presentBound(token, proof), proof.slice(0, 20)).toBe('E-PROOF')
  }
  expect(await api.presentBound(token, good)).toBe('OK')
})

verifies('DPOP-05', 'a claim that is absent, empty or of another type is refused', async (adapter) => {
  const values = [undefined, null, '', 7, true, ['GET'], {}]
  const texts = ['jti', 'htm', 'htu', 'ath'].flatMap((name) => values.map((value) => ({ [name]: value })))
  const times = [undefined, null, '', String(T0), true, [T0], {}].map((iat) => ({ iat }))
  await expectRefused(await openDpopApi(adapter), [...texts, ...times])
})

verifies('DPOP-06', '`typ` is a media type', async (adapter) => {
  const api = await openDpopApi(adapter)
  const token = await api.bound()
  for (const typ of [undefined, '', 'JWT', 'at+jwt', 'dpop', 'dpop+jwt2', 7, ['dpop+jwt']]) {
    expect([typ, await api.presentBound(token, { header: { typ } })]).toEqual([typ, 'E-PROOF'])
  }
  for (const typ of ['dpop+jwt', 'DPoP+JWT', 'application/dpop+jwt', 'Application/DPOP+jwt']) {
    expect([typ, await api.presentBound(token, { header: { typ } })]).toEqual([typ, 'OK'])
  }
})

verifies(
  'DPOP-07',
  'an algorithm that is not on the list is refused, and challenges name the list',
  async (adapter) => {
    for (const [allowed, algorithm, expected] of [
      [['ES256', 'PS256'], 'PS256', 'OK'],
      [['ES256', 'PS256'], 'RS256', 'E-PROOF'],
      [['ES256', 'PS256'], 'EdDSA', 'E-PROOF'],
      [['RS256', 'EdDSA'], 'RS256', 'OK'],
      [['RS256', 'EdDSA'], 'EdDSA', 'OK'],
      [['RS256', 'EdDSA'], 'ES256', 'E-PROOF'],
    ] as const) {
      const api = await openDpopApi(adapter, { algorithms: allowed })
      const client = await createSenderClient({ clock: api.issuer.clock, algorithm })
      const token = await api.token({ cnf: client.cnf })
      expect(await api.presentBound(token, await client.proof({ url, token }))).toBe(expected)
      const { challenges } = await api.sendBound(token, 'x')
      expect(challenges).toEqual([expect.stringContaining(`algs="${allowed.join(' ')}"`)])
    }
  },
)

verifies('DPOP-10', '`htm` is the method of the request', async (adapter) => {
  const api = await openDpopApi(adapter)
  const token = await api.bound()
  const present = async (method: string, htm: string) => {
    const { authorization, dpop } = await api.client.headers({ method: htm, url, token })
    const headers = [['Authorization', authorization] as const, ['DPoP', dpop] as const]
    const override = ['X-HTTP-Method-Override', htm] as const
    return (await api.send({ method, headers: [...headers, override] })).status
  }
  expect(await present('OPTIONS', 'OPTIONS')).toBe(200)
  expect(await present('HEAD', 'HEAD')).toBe(200)
  for (const [method, htm] of [
    ['GET', 'POST'],
    ['GET', 'get'],
    ['HEAD', 'GET'],
    ['OPTIONS', 'GET'],
    ['OPTIONS', 'DELETE'],
  ] as const) {
    expect([method, htm, await present(method, htm)]).toEqual([method, htm, 401])
  }
})

/** Sends a request for a path with a proof for a URL. */
async function presentUrl(adapter: Adapter, api: DpopApi, path: string, htu: unknown): Promise<number> {
  const token = await api.bound()
  const proof = await api.client.proof({ url, token, claims: { htu } })
  const headers = [['Authorization', `DPoP ${token}`] as const, ['DPoP', proof] as const]
  return (await api.send({ path, headers })).status
}

verifies(['DPOP-11', 'DPOP-12'], '`htu` is compared after normalization', async (adapter) => {
  const api = await openDpopApi(adapter)
  for (const htu of [
    'https://api.example/items',
    'HTTPS://API.EXAMPLE/items',
    'https://api.example:443/items',
    'https://api.example/items?x=1',
    'https://api.example/items?y=2',
    'https://api.example/items#f',
    'https://api.example/./items',
    'https://api.example/c/../items',
    'https://api.example/%69tems',
    'https://api.example/%69%74ems',
  ]) {
    expect([htu, await presentUrl(adapter, api, '/items?x=1', htu)]).toEqual([htu, 200])
  }
  for (const htu of [
    'http://api.example/items',
    'https://api.example:8443/items',
    'https://api.example/ITEMS',
    'https://api.example/items/',
    'https://api.example//items',
    'https://api.example',
    '/items',
    '//api.example/items',
    'items',
    'https:/api.example/items',
    'https:api.example/items',
    'https://api.example@evil.example/items',
    'https://evil.example@api.example/items',
    'https://u:p@api.example/items',
    'https://api.example\\items',
    'https://api.example/items ',
    ' https://api.example/items',
    'https://api.example/i\ttems',
    'https://api.example/items\n',
    'https://api.example.evil.example/items',
    'https://api.example./items',
    'wss://api.example/items',
    'https://api.example/items%3Fx=1',
    'https://api.example/%2fitems',
    'https://api.example/items%',
    'https:///items',
    'https://',
  ]) {
    expect([htu, await presentUrl(adapter, api, '/items?x=1', htu)]).toEqual([htu, 401])
  }
})

verifies('DPOP-13', 'headers of a sender that is no trusted proxy do not change the URL', async (adapter) => {
  const api = await openDpopApi(adapter)
  const token = await api.bound()
  for (const [name, value] of [
    ['Host', 'evil.example'],
    ['X-Forwarded-Host', 'evil.example'],
    ['X-Forwarded-Proto', 'http'],
    ['Forwarded', 'host=evil.example;proto=http'],
    ['X-Original-Host', 'evil.example'],
  ] as const) {
    const send = async (origin: string) => {
      const { authorization, dpop } = await api.client.headers({ url: `${origin}/items`, token })
      return api.outcome({
        headers: [
          [name, value],
          ['Authorization', authorization],
          ['DPoP', dpop],
        ],
      })
    }
    expect([name, await send('https://evil.example')]).toEqual([name, 'E-PROOF'])
    expect([name, await send('http://evil.example')]).toEqual([name, 'E-PROOF'])
    expect([name, await send(apiOrigin)]).toEqual([name, 'OK'])
  }
})

/** Sends a request with a proof for this origin, and with these header lines. */
async function presentOrigin(api: DpopApi, origin: string, ...lines: readonly (readonly [string, string])[]) {
  const token = await api.bound()
  const { authorization, dpop } = await api.client.headers({ url: `${origin}/items`, token })
  return api.outcome({ headers: [...lines, ['Authorization', authorization], ['DPoP', dpop]] })
}

verifies('DPOP-13', 'without `origin`, the audience counts, and no `Host`', async (adapter) => {
  const api = await openDpopApi(adapter, {}, { protect: { origin: undefined } })
  const evil = ['Host', 'evil.example'] as const
  expect([await presentOrigin(api, apiOrigin), await presentOrigin(api, apiOrigin, evil)]).toEqual(['OK', 'OK'])
  expect(await presentOrigin(api, 'https://evil.example', evil)).toBe('E-PROOF')
  expect(await presentOrigin(api, 'http://localhost:1', evil)).toBe('E-PROOF')
})

verifies(
  'DPOP-13',
  'a host on loopback counts for a client on loopback, and not behind a proxy',
  async (adapter) => {
    const api = await openDpopApi(adapter, {}, { protect: { origin: undefined } })
    expect(await presentOrigin(api, api.origin)).toBe('OK')
    expect(await presentOrigin(api, 'http://localhost:1', ['Host', 'localhost:1'])).toBe('OK')
    for (const name of ['X-Forwarded-For', 'Forwarded', 'Via', 'X-Real-IP', 'X-Forwarded-Host']) {
      expect([name, await presentOrigin(api, api.origin, [name, '192.0.2.1'])]).toEqual([name, 'E-PROOF'])
    }
  },
  frameworks,
)

verifies('DPOP-13', 'when no origin is known, the request fails, and no good proof gets 401', async (adapter) => {
  const api = await openDpopApi(adapter, {}, { protect: { origin: undefined, audience: 'urn:api' } })
  const token = await api.bound({ aud: 'urn:api' })
  const messages = messagesOn('tollgate:misconfiguration')
  const warnings = catchWarnings()
  for (let times = 0; times < 2; times += 1) {
    const { authorization, dpop } = await api.client.headers({ url: 'https://api.example/items', token })
    const { status, challenges } = await api.send({
      headers: [
        ['Host', 'api.example'],
        ['Authorization', authorization],
        ['DPoP', dpop],
      ],
    })
    expect([status, challenges]).toEqual([500, []])
  }
  expect(messages).toMatchObject([{ event: 'unknown-origin' }])
  expect(warnings).toHaveLength(1)
})

verifies('DPOP-14', 'a proof is accepted from 60 s ago to 5 s ahead', async (adapter) => {
  const api = await openDpopApi(adapter)
  const token = await api.bound()
  for (const [iat, expected] of [
    [-3600, 'E-PROOF'],
    [-61, 'E-PROOF'],
    [-60.001, 'E-PROOF'],
    [-60, 'OK'],
    [-59, 'OK'],
    [0, 'OK'],
    [0.5, 'OK'],
    [4, 'OK'],
    [5, 'OK'],
    [5.001, 'E-PROOF'],
    [6, 'E-PROOF'],
    [3600, 'E-PROOF'],
  ] as const) {
    expect([iat, await api.presentBound(token, { claims: { iat: T0 + iat } })]).toEqual([iat, expected])
  }
  for (const iat of [0, -1, 1e300, -1e300, T0 * 1000]) {
    expect([iat, await api.presentBound(token, { claims: { iat } })]).toEqual([iat, 'E-PROOF'])
  }
})

verifies('DPOP-14', 'a proof that says when it is in force is refused at other times', async (adapter) => {
  const api = await openDpopApi(adapter)
  const token = await api.bound()
  for (const claims of [{ exp: T0 }, { exp: 'x' }, { nbf: T0 + 6 }, { nbf: {} }]) {
    expect([claims, await api.presentBound(token, { claims })]).toEqual([claims, 'E-PROOF'])
  }
  for (const claims of [{ exp: T0 + 1 }, { nbf: T0 + 5 }, { nbf: T0 - 5 }, { other: {} }]) {
    expect([claims, await api.presentBound(token, { claims })]).toEqual([claims, 'OK'])
  }
})

verifies('DPOP-15', '`ath` is the hash of this token', async (adapter) => {
  const api = await openDpopApi(adapter)
  const [token, other] = [await api.bound(), await api.bound()]
  expect(await api.presentBound(token, await api.client.proof({ url, token: other }))).toBe('E-PROOF')
  expect(await api.presentBound(token, await api.client.proof({ url, token: `DPoP ${token}` }))).toBe('E-PROOF')
  expect(await api.presentBound(token, await api.client.proof({ url }))).toBe('E-PROOF')
})

verifies('DPOP-16', 'the proof of another key is refused, and so is a `cnf` of another form', async (adapter) => {
  const api = await openDpopApi(adapter)
  const other = await createSenderClient({ clock: api.issuer.clock })
  const token = await api.bound()
  expect(await api.presentBound(token, await other.proof({ url, token }))).toBe('E-TOK DPoP')
  const { jkt } = api.client.cnf
  for (const cnf of [
    undefined,
    null,
    '',
    jkt,
    7,
    [],
    [jkt],
    {},
    { jkt: 1 },
    { jkt: '' },
    { jkt: null },
    { jkt: [jkt] },
    { JKT: jkt },
  ]) {
    const bad = await api.token(cnf === undefined ? {} : { cnf })
    expect([cnf, await api.presentBound(bad)]).toEqual([cnf, 'E-TOK DPoP'])
  }
  // Members that are not known do not count (RFC 7800 §3.1).
  expect(await api.presentBound(await api.token({ cnf: { jkt, kid: 'x' } }))).toBe('OK')
})

verifies('DPOP-22', 'a proof is used once, and a refused one is not used up', async (adapter) => {
  const api = await openDpopApi(adapter)
  const token = await api.bound()
  const jti = 'one'
  const [proof, again] = [
    await api.client.proof({ url, token, claims: { jti } }),
    await api.client.proof({ url, token, claims: { jti, iat: T0 + 1 } }),
  ]
  for (const claims of [
    { jti, htm: 'POST' },
    { jti, ath: 'x' },
    { jti, iat: 1 },
  ]) {
    expect(await api.presentBound(token, { claims })).toBe('E-PROOF')
  }
  const other = await createSenderClient({ clock: api.issuer.clock })
  expect(await api.presentBound(token, await other.proof({ url, token, claims: { jti } }))).toBe('E-TOK DPoP')
  expect([await api.presentBound(token, proof), await api.presentBound(token, proof)]).toEqual(['OK', 'E-PROOF'])
  expect(await api.presentBound(token, again)).toBe('E-PROOF')
  // The same `jti` for another URL, and of another key, is another proof.
  const twice = await api.client.headers({ url: `${apiOrigin}/twice`, token, claims: { jti } })
  expect(
    await api.outcome({
      path: '/twice',
      headers: [
        ['Authorization', twice.authorization],
        ['DPoP', twice.dpop],
      ],
    }),
  ).toBe('OK')
  const ofOther = await api.token({ cnf: other.cnf })
  expect(await api.presentBound(ofOther, await other.proof({ url, token: ofOther, claims: { jti } }))).toBe('OK')
})

verifies('DPOP-22', 'of 50 requests at once with one proof, one is accepted', async (adapter) => {
  const api = await openDpopApi(adapter)
  const token = await api.bound()
  const proof = await api.client.proof({ url, token })
  const received = await Promise.all(Array.from({ length: 50 }, () => api.sendBound(token, proof)))
  expect(received.filter(({ status }) => status === 200).length).toBe(1)
  expect(received.filter(({ status }) => status === 401).length).toBe(49)
})

verifies('DPOP-22', 'a proof that is replayed in its last second is refused', async (adapter) => {
  const api = await openDpopApi(adapter)
  const token = await api.bound()
  const proof = await api.client.proof({ url, token, claims: { iat: T0 + 5 } })
  expect(await api.presentBound(token, proof)).toBe('OK')
  api.issuer.clock.advance('65s')
  expect(await api.presentBound(token, proof)).toBe('E-PROOF')
})

verifies('DPOP-23', 'a store that fails accepts nothing, and no proof gets 401', async (adapter) => {
  for (const remember of [
    () => Promise.reject(new Error('down')),
    () => Promise.reject('down'),
    () => undefined,
    async () => 1,
    () => new Promise(() => undefined),
    () => {
      throw new Error('down')
    },
  ] as never[]) {
    const api = await openDpopApi(adapter, { replay: { remember } })
    expect(await api.presentBound(await api.bound())).toBe('E-UP')
  }
})
