import { createHash, createPublicKey } from 'node:crypto'
import { trustedIssuer } from '@tollgate/express'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { expect } from 'vitest'
import { openApi } from '../harness/api.ts'
import { encode, jws, keyPair, signature } from '../harness/jws.ts'
import { claimsOf, openKeyIssuer } from '../harness/key-issuer.ts'
import { verifies } from '../harness/verifies.ts'

const ec = keyPair('P-256')
const rsa = keyPair('RSA')
const ecKey = { ...ec.jwk, kid: 'ec' }
const rsaKey = { ...rsa.jwk, kid: 'rsa' }
const es256 = { alg: 'ES256', kid: 'ec', typ: 'at+jwt' }
const rs256 = { alg: 'RS256', kid: 'rsa', typ: 'at+jwt' }

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const wrongOption = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })

verifies('JOSE-01', 'no spelling of none is an algorithm', async (adapter) => {
  const api = await openKeyIssuer(adapter, [ecKey, rsaKey])
  for (const alg of ['none', 'None', 'NONE', 'nOnE', undefined, '', null, ['ES256'], { alg: 'ES256' }]) {
    const header = { ...es256, alg }
    expect(await api.present(`${encode(header)}.${encode(api.claims())}.`), String(alg)).toBe('E-TOK')
    expect(await api.present(jws(header, api.claims(), ec.privateKey, 'ES256')), String(alg)).toBe('E-TOK')
  }
  expect(await api.present(jws(es256, api.claims(), ec.privateKey, 'ES256').replace(/[^.]+$/, ''))).toBe('E-TOK')
  for (const algorithms of [['none'], ['None'], ['ES256', 'none'], ['HS256'], [], ['toString']]) {
    expect(() => trustedIssuer('https://as.example', { algorithms })).toThrow(wrongOption)
  }
})

verifies('JOSE-02', 'an algorithm off the list is refused, however well the token is signed', async (adapter) => {
  const api = await openKeyIssuer(adapter, [ecKey, rsaKey], { algorithms: ['ES256', 'RS256'] })
  const asPs256 = { ...rs256, alg: 'PS256' }
  expect(await api.present(jws(asPs256, api.claims(), rsa.privateKey, 'PS256'))).toBe('E-TOK')
  expect(api.upstream.asked).toEqual([])
  expect(await api.present(jws(rs256, api.claims(), rsa.privateKey, 'RS256'))).toBe('OK')

  const strict = await openKeyIssuer(adapter, [ecKey, rsaKey], { algorithms: ['ES256'] })
  expect(await strict.present(jws(rs256, strict.claims(), rsa.privateKey, 'RS256'))).toBe('E-TOK')
  expect(await strict.present(jws(es256, strict.claims(), ec.privateKey, 'ES256'))).toBe('OK')
})

verifies('JOSE-02', 'every asymmetric algorithm is on the list unless it is given', async (adapter) => {
  const pairs = { p384: keyPair('P-384'), p521: keyPair('P-521'), ed: keyPair('Ed25519') }
  const keys = Object.entries(pairs).map(([kid, { jwk }]) => ({ ...jwk, kid }))
  const api = await openKeyIssuer(adapter, [...keys, ecKey, rsaKey])
  const signed = [
    ['RS256', 'rsa', rsa],
    ['RS384', 'rsa', rsa],
    ['RS512', 'rsa', rsa],
    ['PS256', 'rsa', rsa],
    ['PS384', 'rsa', rsa],
    ['PS512', 'rsa', rsa],
    ['ES256', 'ec', ec],
    ['ES384', 'p384', pairs.p384],
    ['ES512', 'p521', pairs.p521],
    ['EdDSA', 'ed', pairs.ed],
    ['Ed25519', 'ed', pairs.ed],
  ] as const
  for (const [alg, kid, { privateKey }] of signed) {
    expect(await api.present(jws({ alg, kid }, api.claims(), privateKey, alg)), alg).toBe('OK')
  }
})

verifies(
  'JOSE-02',
  'ML-DSA is on the list where Node can verify it, and an option that fails at start-up elsewhere',
  async (adapter) => {
    // `supports` came to Node together with ML-DSA.
    const isHere = 'supports' in SubtleCrypto
    const issuer = await createMockIssuer({ algorithms: isHere ? ['ML-DSA-44'] : ['ES256'], port: 'none' })
    const api = await openApi(adapter, { protection: issuer.validatorOptions })
    expect(await api.present(await issuer.accessToken({ scope: 'read' }))).toBe('OK')
    const trust = (): unknown => trustedIssuer('https://as.example', { algorithms: ['ML-DSA-44'] })
    expect(isHere ? trust : () => expect(trust).toThrow(wrongOption)).not.toThrow()
    await issuer.close()
  },
)

verifies('JOSE-03', 'a public key is no secret, in whatever form it is taken for one', async (adapter) => {
  const api = await openKeyIssuer(adapter, [rsaKey, ecKey])
  const key = createPublicKey({ key: rsa.jwk, format: 'jwk' })
  const pem = key.export({ type: 'spki', format: 'pem' })
  const secrets = [
    pem,
    pem.trimEnd(),
    key.export({ type: 'pkcs1', format: 'pem' }),
    key.export({ type: 'spki', format: 'der' }),
    JSON.stringify(rsa.jwk),
    JSON.stringify(rsaKey),
    JSON.stringify({ keys: [rsaKey, ecKey] }),
    Buffer.from(rsa.jwk.n ?? '', 'base64url'),
    Buffer.from(ec.jwk.x ?? '', 'base64url'),
  ]
  for (const secret of secrets) {
    for (const kid of ['rsa', 'ec', undefined]) {
      const token = jws({ ...rs256, alg: 'HS256', kid }, api.claims(), Buffer.from(secret), 'HS256')
      expect(await api.present(token)).toBe('E-TOK')
    }
  }
})

verifies('JOSE-03', 'a key of another type or curve verifies nothing', async (adapter) => {
  const p384 = keyPair('P-384')
  const api = await openKeyIssuer(adapter, [ecKey, rsaKey, { ...p384.jwk, kid: 'p384' }])
  expect(await api.present(jws({ ...es256, kid: 'rsa' }, api.claims(), ec.privateKey, 'ES256'))).toBe('E-TOK')
  expect(await api.present(jws({ ...rs256, kid: 'ec' }, api.claims(), rsa.privateKey, 'RS256'))).toBe('E-TOK')
  expect(await api.present(jws({ ...es256, kid: 'p384' }, api.claims(), p384.privateKey, 'ES256'))).toBe('E-TOK')
  expect(await api.present(jws({ ...es256, alg: 'ES384', kid: 'ec' }, api.claims(), ec.privateKey, 'ES384'))).toBe(
    'E-TOK',
  )
})

verifies('JOSE-04', 'a key does what its members say, and nothing else', async (adapter) => {
  const unfit = [
    { alg: 'PS256' },
    { use: 'enc' },
    { key_ops: ['sign'] },
    { key_ops: ['encrypt'] },
    { key_ops: [] },
    { use: 7 },
    { key_ops: 'verify' },
  ]
  for (const members of unfit) {
    const api = await openKeyIssuer(adapter, [{ ...rsaKey, ...members }, ecKey])
    expect(await api.present(jws(rs256, api.claims(), rsa.privateKey, 'RS256')), JSON.stringify(members)).toBe('E-TOK')
    expect(await api.present(jws(es256, api.claims(), ec.privateKey, 'ES256'))).toBe('OK')
  }
  for (const members of [
    {},
    { alg: 'RS256' },
    { use: 'sig' },
    { key_ops: ['verify'] },
    { use: 'sig', key_ops: ['verify'], alg: 'RS256' },
  ]) {
    const api = await openKeyIssuer(adapter, [{ ...rsaKey, ...members }])
    expect(await api.present(jws(rs256, api.claims(), rsa.privateKey, 'RS256')), JSON.stringify(members)).toBe('OK')
  }
})

verifies(['JOSE-05', 'JOSE-06', 'JOSE-07'], 'crit and b64 are refused, well-formed or not', async (adapter) => {
  const api = await openKeyIssuer(adapter, [ecKey])
  const headers = [
    { crit: ['x'], x: 1 },
    { crit: ['exp'], exp: 9_999_999_999 },
    { crit: [] },
    { crit: 'x', x: 1 },
    { crit: ['x', 'x'], x: 1 },
    { crit: ['x'] },
    { crit: ['alg'] },
    { crit: null },
    { crit: false },
    { b64: false },
    { b64: false, crit: ['b64'] },
    { b64: true, crit: ['b64'] },
    { b64: 0 },
  ]
  for (const header of headers) {
    expect(
      await api.present(jws({ ...es256, ...header }, api.claims(), ec.privateKey, 'ES256')),
      JSON.stringify(header),
    ).toBe('E-TOK')
  }
  // The neighbour: a header member that claims no importance.
  expect(await api.present(jws({ ...es256, x: 1 }, api.claims(), ec.privateKey, 'ES256'))).toBe('OK')
})

verifies('JOSE-08', 'a member name that stands twice in one object is refused, wherever it stands', async (adapter) => {
  const api = await openKeyIssuer(adapter, [ecKey])
  const claims = JSON.stringify(api.claims())
  const present = (header: string, payload: string) => api.present(jws(header, payload, ec.privateKey, 'ES256'))
  expect(await present('{"alg":"ES256","kid":"ec"}', claims)).toBe('OK')
  expect(await present('{"alg":"none","alg":"ES256","kid":"ec"}', claims)).toBe('E-TOK')
  expect(await present('{"alg":"ES256","\\u0061lg":"ES256","kid":"ec"}', claims)).toBe('E-TOK')
  for (const more of ['"aud":"other"', '"aud":"https://api.example"', '"x":{"y":1,"z":[{}],"y":2}', '"s":"","s":""']) {
    expect(await present(JSON.stringify(es256), claims.replace('{', `{${more},`)), more).toBe('E-TOK')
  }
  // The same name in different objects, or as a value, is no repetition.
  const fine = '"x":{"y":1,"z":{"y":2}},"list":[{"y":1},{"y":2}],"text":"\\"y\\":1,\\"y\\":2","y":"y"'
  expect(await present(JSON.stringify(es256), claims.replace('{', `{${fine},`))).toBe('OK')
})

verifies('JOSE-09', 'one token has one spelling', async (adapter) => {
  const api = await openKeyIssuer(adapter, [ecKey])
  const token = jws(es256, api.claims(), ec.privateKey, 'ES256')
  const [header = '', payload = '', mac = ''] = token.split('.')
  expect(await api.present(token)).toBe('OK')
  // 64 bytes of signature leave four unused bits in the last character.
  const last = alphabet[alphabet.indexOf(mac.at(-1) ?? 'A') | 1] ?? ''
  const misspelt = [
    `${header}.${payload}.${mac.slice(0, -1)}${last}`,
    `${token}.`,
    `${token}.${mac}`,
    `.${token}`,
    `${header}.${payload}`,
    `${header}.${payload}.${mac}A`,
    `${header}..${mac}`,
    `.${payload}.${mac}`,
    `${header}.${payload}.+${mac.slice(1)}`,
    `${header}.${payload}./${mac.slice(1)}`,
    `${header}A.${payload}.${mac}`,
    `${token}=`,
    `${token}==`,
  ]
  for (const candidate of misspelt) {
    expect(await api.present(candidate), candidate.slice(-8)).toBe('E-TOK')
  }
  for (const noise of ['\t', ' x']) {
    expect(await api.present(`${header}.${noise}${payload}.${mac}`)).toBe('E-REQ')
  }
})

verifies('JOSE-09', 'a misspelt segment is refused even if it is signed as it is spelt', async (adapter) => {
  const api = await openKeyIssuer(adapter, [ecKey])
  const signed = (input: string): string => `${input}.${signature(input, ec.privateKey, 'ES256').toString('base64url')}`
  // Two bytes more or less change how many bits of the last character are unused.
  for (const pad of ['', ' ', '  ']) {
    const header = encode(`${JSON.stringify(es256)}${pad}`)
    const payload = encode(`${JSON.stringify(api.claims())}${pad}`)
    expect(await api.present(signed(`${header}.${payload}`))).toBe('OK')
    for (const segment of [header, payload].filter((candidate) => candidate.length % 4 !== 0)) {
      const misspelt = segment.slice(0, -1) + alphabet[alphabet.indexOf(segment.at(-1) ?? '') | 1]
      expect(misspelt).not.toBe(segment)
      const input = segment === header ? `${misspelt}.${payload}` : `${header}.${misspelt}`
      expect(await api.present(signed(input))).toBe('E-TOK')
    }
  }
  const standard = Buffer.from(`${JSON.stringify(api.claims()).slice(0, -1)},"n":"\u00FB\u00FF?>~"}`).toString('base64')
  expect(standard).toMatch(/[+/]/)
  expect(await api.present(signed(`${encode(es256)}.${standard.replace(/=+$/, '')}`))).toBe('E-TOK')
})

verifies('JOSE-09', 'the header is a JSON object in UTF-8', async (adapter) => {
  const api = await openKeyIssuer(adapter, [ecKey])
  const json = JSON.stringify(es256)
  const headers = ['[]', '"x"', 'null', '7', 'true', '{', '', Buffer.concat([Buffer.from(json), Buffer.of(0xff)])]
  for (const header of [
    ...headers,
    `\u{FEFF}${json}`,
    Buffer.from(json.replace('ec', 'e\u00ff'), 'latin1'),
    `${json}{}`,
    `${json}\u0000`,
  ]) {
    expect(await api.present(jws(header, api.claims(), ec.privateKey, 'ES256')), String(header)).not.toBe('OK')
  }
  expect(await api.present(jws(` ${json}\n`, api.claims(), ec.privateKey, 'ES256'))).toBe('OK')
})

verifies('JOSE-10', 'a JSON serialization is malformed before anybody parses it', async (adapter) => {
  const api = await openKeyIssuer(adapter, [ecKey])
  const [header, payload, mac] = jws(es256, api.claims(), ec.privateKey, 'ES256').split('.')
  const flattened = { protected: header, payload, signature: mac }
  for (const document of [flattened, { payload, signatures: [{ protected: header, signature: mac }] }]) {
    expect(await api.present(JSON.stringify(document))).toBe('E-REQ')
    expect(await api.present(encode(document))).toBe('E-TOK')
  }
  expect(api.upstream.asked).toEqual([])
})

verifies(
  ['JOSE-11', 'AT-07'],
  'five segments are no signed token, and what they hold is not looked at',
  async (adapter) => {
    const api = await openKeyIssuer(adapter, [ecKey])
    const inner = jws(es256, api.claims(), ec.privateKey, 'ES256')
    const five = (header: object): string => [encode(header), '', encode('iv'), encode(inner), encode('tag')].join('.')
    expect(await api.present(five({ alg: 'dir', enc: 'A256GCM', typ: 'at+jwt' }))).toBe('E-TOK')
    expect(await api.present(five({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 1_000_000_000, zip: 'DEF' }))).toBe(
      'E-TOK',
    )
    expect(await api.present(five(es256))).toBe('E-TOK')
    // A signed token around a signed token: the outer claims are a string.
    expect(await api.present(jws({ ...es256, cty: 'JWT' }, inner, ec.privateKey, 'ES256'))).toBe('E-TOK')
    expect(await api.present(inner)).toBe('OK')
  },
)

verifies('JOSE-12', 'an ECDSA signature is R and S, of full length and not zero', async (adapter) => {
  const api = await openKeyIssuer(adapter, [ecKey])
  const input = `${encode(es256)}.${encode(api.claims())}`
  const good = signature(input, ec.privateKey, 'ES256')
  const zero = Buffer.alloc(32)
  const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')
  const r = good.subarray(0, 32)
  const s = good.subarray(32)
  const der = Buffer.from(`30440220${r.toString('hex')}0220${s.toString('hex')}`, 'hex')
  const bad = [
    der,
    good.subarray(0, 63),
    Buffer.concat([good, Buffer.of(0)]),
    ...[
      [zero, s],
      [r, zero],
      [zero, zero],
      [order, s],
      [r, order],
    ].map((parts) => Buffer.concat(parts)),
    Buffer.of(0),
  ]
  for (const candidate of bad) {
    expect(await api.present(`${input}.${candidate.toString('base64url')}`)).toBe('E-TOK')
  }
  expect(await api.present(`${input}.${good.toString('base64url')}`)).toBe('OK')
})

verifies('JOSE-13', 'a weak RSA key is passed over, and a short secret refused at start-up', async (adapter) => {
  const weak = keyPair('RSA-1024')
  const exponentOne = { ...rsa.jwk, e: 'AQ', kid: 'one' }
  const exponentEven = { ...rsa.jwk, e: 'Ag', kid: 'two' }
  const api = await openKeyIssuer(adapter, [{ ...weak.jwk, kid: 'weak' }, exponentOne, exponentEven, ecKey])
  expect(await api.present(jws({ ...rs256, kid: 'weak' }, api.claims(), weak.privateKey, 'RS256'))).toBe('E-TOK')
  for (const kid of ['one', 'two']) {
    expect(await api.present(jws({ ...rs256, kid }, api.claims(), rsa.privateKey, 'RS256'))).toBe('E-TOK')
  }
  expect(await api.present(jws(es256, api.claims(), ec.privateKey, 'ES256'))).toBe('OK')

  const pem = createPublicKey({ key: rsa.jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
  const key = createPublicKey({ key: rsa.jwk, format: 'jwk' })
  const asSecret = [
    JSON.stringify(rsa.jwk),
    JSON.stringify({ keys: [rsaKey] }),
    key.export({ type: 'spki', format: 'der' }),
    key.export({ type: 'pkcs1', format: 'der' }),
  ]
  for (const secret of ['', 'x'.repeat(16), 'x'.repeat(31), new Uint8Array(31), pem, ...asSecret]) {
    expect(() => trustedIssuer('https://as.example', { secret })).toThrow(wrongOption)
  }
  expect(() => trustedIssuer('https://as.example', { secret: 'x'.repeat(32), algorithms: ['HS512'] })).toThrow(
    wrongOption,
  )
  expect(() => trustedIssuer('https://as.example', { secret: 'x'.repeat(32), keys: { keys: [ecKey] } })).toThrow(
    wrongOption,
  )
})

verifies('JOSE-13', 'a key with the exponent one, under which anybody can sign, is passed over', async (adapter) => {
  const api = await openKeyIssuer(adapter, [{ ...rsa.jwk, e: 'AQ', kid: 'one' }, ecKey])
  const input = `${encode({ ...rs256, kid: 'one' })}.${encode(api.claims())}`
  // The signature to the power of one is what PKCS #1 wants to see (RFC 8017 §9.2).
  const digest = Buffer.concat([
    Buffer.from('3031300d060960864801650304020105000420', 'hex'),
    createHash('sha256').update(input).digest(),
  ])
  const padding = Buffer.alloc(256 - 3 - digest.length, 0xff)
  const forged = Buffer.concat([Buffer.of(0, 1), padding, Buffer.of(0), digest])
  expect(await api.present(`${input}.${forged.toString('base64url')}`)).toBe('E-TOK')
  expect(await api.present(jws(es256, api.claims(), ec.privateKey, 'ES256'))).toBe('OK')
})

verifies('JOSE-13', 'a secret of full length verifies HMAC, and nothing else', async (adapter) => {
  const secret = 'a secret that is long enough: 32 bytes and some'
  const api = await openKeyIssuer(adapter, [ecKey], { secret })
  const present = (alg: string, key = Buffer.from(secret)) =>
    api.present(jws({ alg, typ: 'at+jwt' }, api.claims(), key, alg))
  expect(await present('HS256')).toBe('OK')
  expect(await present('HS384')).toBe('E-TOK')
  expect(await present('HS256', Buffer.from('another secret that is long enough as well'))).toBe('E-TOK')
  expect(await present('HS256', Buffer.alloc(0))).toBe('E-TOK')
  expect(await api.present(jws(es256, api.claims(), ec.privateKey, 'ES256'))).toBe('E-TOK')
  expect(api.upstream.asked).toEqual([])
})

verifies('JOSE-14', 'Ed25519 verifies under both names, and Ed448 under neither', async (adapter) => {
  const ed = keyPair('Ed25519')
  const ed448 = keyPair('Ed448')
  const api = await openKeyIssuer(adapter, [
    { ...ed.jwk, kid: 'ed' },
    { ...ed448.jwk, kid: 'ed448' },
  ])
  for (const alg of ['EdDSA', 'Ed25519']) {
    expect(await api.present(jws({ alg, kid: 'ed' }, api.claims(), ed.privateKey, alg))).toBe('OK')
    expect(await api.present(jws({ alg, kid: 'ed448' }, api.claims(), ed448.privateKey, alg))).toBe('E-TOK')
  }
})

verifies('JOSE-15', 'keys and URLs in the header are not used', async (adapter) => {
  const stranger = keyPair('P-256')
  const api = await openKeyIssuer(adapter, [ecKey])
  await api.present(jws(es256, api.claims(), ec.privateKey, 'ES256'))
  const asked = api.upstream.asked.length
  const canary = `${api.upstream.url}/canary`
  const headers = [
    { jwk: stranger.jwk },
    { jwk: { ...stranger.jwk, kid: 'ec' } },
    { x5c: ['MIIB'] },
    { jku: canary },
    { x5u: canary },
    { jwk: stranger.jwk, jku: canary, x5u: canary, x5c: ['MIIB'] },
  ]
  for (const header of headers) {
    expect(await api.present(jws({ ...es256, ...header }, api.claims(), stranger.privateKey, 'ES256'))).toBe('E-TOK')
  }
  expect(api.upstream.asked).toHaveLength(asked)
})

verifies('JOSE-15', 'whatever stands in kid, it is only compared', async (adapter) => {
  const api = await openKeyIssuer(adapter, [ecKey])
  const kids = [
    '../../etc/passwd',
    "' OR 1=1",
    '__proto__',
    'constructor',
    'EC',
    'ec ',
    'e',
    '',
    'k'.repeat(10_000),
    7,
    null,
    true,
    ['ec'],
    { kid: 'ec' },
  ]
  for (const kid of kids) {
    expect(
      await api.present(jws({ ...es256, kid }, api.claims(), ec.privateKey, 'ES256')),
      String(kid).slice(0, 20),
    ).toBe('E-TOK')
  }
})

verifies('JOSE-16', 'a token that is too large or too deep is refused at once', async (adapter) => {
  const api = await openKeyIssuer(adapter, [ecKey])
  const padded = (bytes: number): string => jws(es256, api.claims({ pad: 'x'.repeat(bytes) }), ec.privateKey, 'ES256')
  expect(await api.present(padded(17 * 1024))).toBe('E-REQ')
  expect(await api.present('.'.repeat(17 * 1024))).toBe('E-REQ')
  expect(await api.present('.'.repeat(16 * 1024))).toBe('E-TOK')
  expect(api.upstream.asked).toEqual([])
  expect(await api.present(padded(8 * 1024))).toBe('OK')
  const nested = (depth: number): string =>
    `{"deep":${'['.repeat(depth)}${']'.repeat(depth)},${JSON.stringify(api.claims()).slice(1)}`
  expect(await api.present(jws(es256, nested(5000), ec.privateKey, 'ES256'))).toBe('E-TOK')
  expect(await api.present(jws(es256, nested(50), ec.privateKey, 'ES256'))).toBe('OK')
})

verifies('CLM-06', 'an issuer is believed with its own keys only, even under one kid', async (adapter) => {
  const other = keyPair('P-256')
  const partner = await openKeyIssuer(adapter, [{ ...other.jwk, kid: 'ec' }])
  const trusted = await openKeyIssuer(adapter, [ecKey], {})
  const both = await openKeyIssuer(adapter, [ecKey], {
    protect: { issuer: [partner.upstream.url, trusted.upstream.url] },
  })
  const [partnerClaims, trustedClaims] = [claimsOf(partner.upstream.url), claimsOf(trusted.upstream.url)]
  for (let round = 0; round < 2; round += 1) {
    expect(await both.present(jws(es256, partnerClaims, other.privateKey, 'ES256'))).toBe('OK')
    expect(await both.present(jws(es256, trustedClaims, other.privateKey, 'ES256'))).toBe('E-TOK')
    expect(await both.present(jws(es256, trustedClaims, ec.privateKey, 'ES256'))).toBe('OK')
    expect(await both.present(jws(es256, partnerClaims, ec.privateKey, 'ES256'))).toBe('E-TOK')
  }
})
