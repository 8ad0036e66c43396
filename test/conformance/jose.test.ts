import { createHash, createPublicKey } from 'node:crypto'
import { trustedIssuer } from '@tollgate/express'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { expect } from 'vitest'
import { openApi } from '../harness/api.ts'
import { encode, jws, keyPair, type Part, signature } from '../harness/jws.ts'
import { openScriptedApi } from '../harness/scripted-api.ts'
import { claimsOf } from '../harness/scripted-issuer.ts'
import { verifies } from '../harness/verifies.ts'
import { catchWarnings } from '../harness/warnings.ts'

const ec = keyPair('P-256')
const rsa = keyPair('RSA')
const ecKey = { ...ec.jwk, kid: 'ec' }
const rsaKey = { ...rsa.jwk, kid: 'rsa' }
const es256 = { alg: 'ES256', kid: 'ec', typ: 'at+jwt' }
const rs256 = { alg: 'RS256', kid: 'rsa', typ: 'at+jwt' }

/** A token that is signed with the EC key, with these changes to its header. */
function signEs256(claims: Part, header: object = {}): string {
  return jws({ ...es256, ...header }, claims, ec.privateKey, 'ES256')
}

/** A token that is signed with the RSA key, with these changes to its header. */
function signRs256(claims: Part, header: object = {}): string {
  return jws({ ...rs256, ...header }, claims, rsa.privateKey, 'RS256')
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const wrongOption = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })

verifies('JOSE-01', 'the algorithm none is refused in every spelling', async (adapter) => {
  const api = await openScriptedApi(adapter, { keys: [ecKey, rsaKey] })
  for (const alg of ['none', 'None', 'NONE', 'nOnE', undefined, '', null, ['ES256'], { alg: 'ES256' }]) {
    const header = { ...es256, alg }
    expect(await api.present(`${encode(header)}.${encode(claimsOf(api.issuer.url))}.`), String(alg)).toBe('E-TOK')
    expect(await api.present(jws(header, claimsOf(api.issuer.url), ec.privateKey, 'ES256')), String(alg)).toBe('E-TOK')
  }
  expect(await api.present(signEs256(claimsOf(api.issuer.url)).replace(/[^.]+$/, ''))).toBe('E-TOK')
  for (const algorithms of [['none'], ['None'], ['ES256', 'none'], ['HS256'], [], ['toString']]) {
    expect(() => trustedIssuer('https://as.example', { algorithms })).toThrow(wrongOption)
  }
})

verifies('JOSE-02', 'an algorithm that is not in the list is refused, even with a valid signature', async (adapter) => {
  const api = await openScriptedApi(adapter, { keys: [ecKey, rsaKey], issuer: { algorithms: ['ES256', 'RS256'] } })
  const asPs256 = { ...rs256, alg: 'PS256' }
  expect(await api.present(jws(asPs256, claimsOf(api.issuer.url), rsa.privateKey, 'PS256'))).toBe('E-TOK')
  expect(api.issuer.paths).toEqual([])
  expect(await api.present(signRs256(claimsOf(api.issuer.url)))).toBe('OK')

  const strict = await openScriptedApi(adapter, { keys: [ecKey, rsaKey], issuer: { algorithms: ['ES256'] } })
  expect(await strict.present(signRs256(claimsOf(strict.issuer.url)))).toBe('E-TOK')
  expect(await strict.present(signEs256(claimsOf(strict.issuer.url)))).toBe('OK')
})

verifies('JOSE-02', 'by default every asymmetric algorithm is accepted', async (adapter) => {
  const pairs = { p384: keyPair('P-384'), p521: keyPair('P-521'), ed: keyPair('Ed25519') }
  const keys = Object.entries(pairs).map(([kid, { jwk }]) => ({ ...jwk, kid }))
  const api = await openScriptedApi(adapter, { keys: [...keys, ecKey, rsaKey] })
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
    expect(await api.present(jws({ alg, kid }, claimsOf(api.issuer.url), privateKey, alg)), alg).toBe('OK')
  }
})

verifies('JOSE-02', 'ML-DSA is accepted where Node supports it, and an option error elsewhere', async (adapter) => {
  // Node warns that ML-DSA is experimental. It got `SubtleCrypto.supports` together with ML-DSA.
  catchWarnings()
  const isSupported = 'supports' in SubtleCrypto
  const issuer = await createMockIssuer({ algorithms: isSupported ? ['ML-DSA-44'] : ['ES256'], port: 'none' })
  const api = await openApi(adapter, { protection: issuer.validatorOptions })
  expect(await api.present(await issuer.accessToken({ scope: 'read' }))).toBe('OK')
  const trust = (): unknown => trustedIssuer('https://as.example', { algorithms: ['ML-DSA-44'] })
  expect(isSupported ? trust : () => expect(trust).toThrow(wrongOption)).not.toThrow()
  await issuer.close()
})

verifies('JOSE-03', 'a public key is never used as an HMAC secret, in any encoding', async (adapter) => {
  const api = await openScriptedApi(adapter, { keys: [rsaKey, ecKey] })
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
      const token = jws({ ...rs256, alg: 'HS256', kid }, claimsOf(api.issuer.url), Buffer.from(secret), 'HS256')
      expect(await api.present(token)).toBe('E-TOK')
    }
  }
})

verifies('JOSE-03', 'a key of another type or curve verifies no token', async (adapter) => {
  const p384 = keyPair('P-384')
  const api = await openScriptedApi(adapter, { keys: [ecKey, rsaKey, { ...p384.jwk, kid: 'p384' }] })
  expect(await api.present(signEs256(claimsOf(api.issuer.url), { kid: 'rsa' }))).toBe('E-TOK')
  expect(await api.present(signRs256(claimsOf(api.issuer.url), { kid: 'ec' }))).toBe('E-TOK')
  expect(await api.present(jws({ ...es256, kid: 'p384' }, claimsOf(api.issuer.url), p384.privateKey, 'ES256'))).toBe(
    'E-TOK',
  )
  expect(
    await api.present(jws({ ...es256, alg: 'ES384', kid: 'ec' }, claimsOf(api.issuer.url), ec.privateKey, 'ES384')),
  ).toBe('E-TOK')
})

verifies('JOSE-04', 'a key is used only as its members alg, use and key_ops permit', async (adapter) => {
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
    const api = await openScriptedApi(adapter, { keys: [{ ...rsaKey, ...members }, ecKey] })
    expect(await api.present(signRs256(claimsOf(api.issuer.url))), JSON.stringify(members)).toBe('E-TOK')
    expect(await api.present(signEs256(claimsOf(api.issuer.url)))).toBe('OK')
  }
  for (const members of [
    {},
    { alg: 'RS256' },
    { use: 'sig' },
    { key_ops: ['verify'] },
    { use: 'sig', key_ops: ['verify'], alg: 'RS256' },
  ]) {
    const api = await openScriptedApi(adapter, { keys: [{ ...rsaKey, ...members }] })
    expect(await api.present(signRs256(claimsOf(api.issuer.url))), JSON.stringify(members)).toBe('OK')
  }
})

verifies(['JOSE-05', 'JOSE-06', 'JOSE-07'], 'crit and b64 are refused, also when malformed', async (adapter) => {
  const api = await openScriptedApi(adapter, { keys: [ecKey] })
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
    expect(await api.present(signEs256(claimsOf(api.issuer.url), header)), JSON.stringify(header)).toBe('E-TOK')
  }
  // An unknown header member without `crit` is ignored.
  expect(await api.present(signEs256(claimsOf(api.issuer.url), { x: 1 }))).toBe('OK')
})

verifies('JOSE-08', 'a duplicate member name in one object is refused at every depth', async (adapter) => {
  const api = await openScriptedApi(adapter, { keys: [ecKey] })
  const claims = JSON.stringify(claimsOf(api.issuer.url))
  const present = (header: string, payload: string) => api.present(jws(header, payload, ec.privateKey, 'ES256'))
  expect(await present('{"alg":"ES256","kid":"ec"}', claims)).toBe('OK')
  expect(await present('{"alg":"none","alg":"ES256","kid":"ec"}', claims)).toBe('E-TOK')
  expect(await present('{"alg":"ES256","\\u0061lg":"ES256","kid":"ec"}', claims)).toBe('E-TOK')
  for (const more of ['"aud":"other"', '"aud":"https://api.example"', '"x":{"y":1,"z":[{}],"y":2}', '"s":"","s":""']) {
    expect(await present(JSON.stringify(es256), claims.replace('{', `{${more},`)), more).toBe('E-TOK')
  }
  // The same name in different objects, or as a value, is not a duplicate.
  const fine = '"x":{"y":1,"z":{"y":2}},"list":[{"y":1},{"y":2}],"text":"\\"y\\":1,\\"y\\":2","y":"y"'
  expect(await present(JSON.stringify(es256), claims.replace('{', `{${fine},`))).toBe('OK')
})

verifies('JOSE-09', 'only the canonical base64url spelling of a token is accepted', async (adapter) => {
  const api = await openScriptedApi(adapter, { keys: [ecKey] })
  const token = signEs256(claimsOf(api.issuer.url))
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

verifies('JOSE-09', 'a non-canonical segment is refused, even if the signature covers it', async (adapter) => {
  const api = await openScriptedApi(adapter, { keys: [ecKey] })
  const signed = (input: string): string => `${input}.${signature(input, ec.privateKey, 'ES256').toString('base64url')}`
  // Two bytes more or less change how many bits of the last character are unused.
  for (const pad of ['', ' ', '  ']) {
    const header = encode(`${JSON.stringify(es256)}${pad}`)
    const payload = encode(`${JSON.stringify(claimsOf(api.issuer.url))}${pad}`)
    expect(await api.present(signed(`${header}.${payload}`))).toBe('OK')
    for (const segment of [header, payload].filter((candidate) => candidate.length % 4 !== 0)) {
      const misspelt = segment.slice(0, -1) + alphabet[alphabet.indexOf(segment.at(-1) ?? '') | 1]
      expect(misspelt).not.toBe(segment)
      const input = segment === header ? `${misspelt}.${payload}` : `${header}.${misspelt}`
      expect(await api.present(signed(input))).toBe('E-TOK')
    }
  }
  const standard = Buffer.from(
    `${JSON.stringify(claimsOf(api.issuer.url)).slice(0, -1)},"n":"\u00FB\u00FF?>~"}`,
  ).toString('base64')
  expect(standard).toMatch(/[+/]/)
  expect(await api.present(signed(`${encode(es256)}.${standard.replace(/=+$/, '')}`))).toBe('E-TOK')
})

verifies('JOSE-09', 'the header must be a JSON object in UTF-8', async (adapter) => {
  const api = await openScriptedApi(adapter, { keys: [ecKey] })
  const json = JSON.stringify(es256)
  const headers = ['[]', '"x"', 'null', '7', 'true', '{', '', Buffer.concat([Buffer.from(json), Buffer.of(0xff)])]
  for (const header of [
    ...headers,
    `\u{FEFF}${json}`,
    Buffer.from(json.replace('ec', 'e\u00ff'), 'latin1'),
    `${json}{}`,
    `${json}\u0000`,
  ]) {
    expect(await api.present(jws(header, claimsOf(api.issuer.url), ec.privateKey, 'ES256')), String(header)).not.toBe(
      'OK',
    )
  }
  expect(await api.present(jws(` ${json}\n`, claimsOf(api.issuer.url), ec.privateKey, 'ES256'))).toBe('OK')
})

verifies('JOSE-10', 'the JSON serializations of a JWS are refused', async (adapter) => {
  const api = await openScriptedApi(adapter, { keys: [ecKey] })
  const [header, payload, mac] = signEs256(claimsOf(api.issuer.url)).split('.')
  const flattened = { protected: header, payload, signature: mac }
  for (const document of [flattened, { payload, signatures: [{ protected: header, signature: mac }] }]) {
    expect(await api.present(JSON.stringify(document))).toBe('E-REQ')
    expect(await api.present(encode(document))).toBe('E-TOK')
  }
  expect(api.issuer.paths).toEqual([])
})

verifies(['JOSE-11', 'AT-07'], 'an encrypted token is refused, and its content is not read', async (adapter) => {
  const api = await openScriptedApi(adapter, { keys: [ecKey] })
  const inner = signEs256(claimsOf(api.issuer.url))
  const five = (header: object): string => [encode(header), '', encode('iv'), encode(inner), encode('tag')].join('.')
  expect(await api.present(five({ alg: 'dir', enc: 'A256GCM', typ: 'at+jwt' }))).toBe('E-TOK')
  expect(await api.present(five({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 1_000_000_000, zip: 'DEF' }))).toBe(
    'E-TOK',
  )
  expect(await api.present(five(es256))).toBe('E-TOK')
  // A signed token around a signed token: the outer claims are a string.
  expect(await api.present(signEs256(inner, { cty: 'JWT' }))).toBe('E-TOK')
  expect(await api.present(inner)).toBe('OK')
})

verifies('JOSE-12', 'an ECDSA signature must be R and S in full length, and neither may be zero', async (adapter) => {
  const api = await openScriptedApi(adapter, { keys: [ecKey] })
  const input = `${encode(es256)}.${encode(claimsOf(api.issuer.url))}`
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

verifies('JOSE-13', 'a weak RSA key is ignored, and a short secret is an option error', async (adapter) => {
  const weak = keyPair('RSA-1024')
  const evenExponent = { ...rsa.jwk, e: 'Ag', kid: 'even' }
  const api = await openScriptedApi(adapter, { keys: [{ ...weak.jwk, kid: 'weak' }, evenExponent, ecKey] })
  expect(await api.present(jws({ ...rs256, kid: 'weak' }, claimsOf(api.issuer.url), weak.privateKey, 'RS256'))).toBe(
    'E-TOK',
  )
  expect(await api.present(signRs256(claimsOf(api.issuer.url), { kid: 'even' }))).toBe('E-TOK')
  expect(await api.present(signEs256(claimsOf(api.issuer.url)))).toBe('OK')

  const key = createPublicKey({ key: rsa.jwk, format: 'jwk' })
  const publicKeys = [
    JSON.stringify(rsa.jwk),
    JSON.stringify({ keys: [rsaKey] }),
    key.export({ type: 'spki', format: 'pem' }),
    key.export({ type: 'spki', format: 'der' }),
    key.export({ type: 'pkcs1', format: 'der' }),
  ]
  for (const secret of ['', 'x'.repeat(16), 'x'.repeat(31), new Uint8Array(31), ...publicKeys]) {
    expect(() => trustedIssuer('https://as.example', { secret })).toThrow(wrongOption)
  }
  const secret = 'x'.repeat(32)
  for (const options of [
    { secret, algorithms: ['HS512'] },
    { secret, keys: { keys: [ecKey] } },
  ]) {
    expect(() => trustedIssuer('https://as.example', options)).toThrow(wrongOption)
  }
})

verifies('JOSE-13', 'an RSA key with exponent one is ignored, because everyone can sign for it', async (adapter) => {
  const api = await openScriptedApi(adapter, { keys: [{ ...rsa.jwk, e: 'AQ', kid: 'one' }, ecKey] })
  const input = `${encode({ ...rs256, kid: 'one' })}.${encode(claimsOf(api.issuer.url))}`
  // With the exponent one, the padded digest is a valid signature (RFC 8017 §9.2).
  const digest = Buffer.concat([
    Buffer.from('3031300d060960864801650304020105000420', 'hex'),
    createHash('sha256').update(input).digest(),
  ])
  const padding = Buffer.alloc(256 - 3 - digest.length, 0xff)
  const forged = Buffer.concat([Buffer.of(0, 1), padding, Buffer.of(0), digest])
  expect(await api.present(`${input}.${forged.toString('base64url')}`)).toBe('E-TOK')
  expect(await api.present(signEs256(claimsOf(api.issuer.url)))).toBe('OK')
})

verifies('JOSE-13', 'a secret of full length verifies HMAC and no other algorithm', async (adapter) => {
  const secret = 'a secret that is long enough: 32 bytes and some'
  const api = await openScriptedApi(adapter, { keys: [ecKey], issuer: { secret } })
  const present = (alg: string, key = Buffer.from(secret)) =>
    api.present(jws({ alg, typ: 'at+jwt' }, claimsOf(api.issuer.url), key, alg))
  expect(await present('HS256')).toBe('OK')
  expect(await present('HS384')).toBe('E-TOK')
  expect(await present('HS256', Buffer.from('another secret that is long enough as well'))).toBe('E-TOK')
  expect(await present('HS256', Buffer.alloc(0))).toBe('E-TOK')
  expect(await api.present(signEs256(claimsOf(api.issuer.url)))).toBe('E-TOK')
  expect(api.issuer.paths).toEqual([])
})

verifies('JOSE-14', 'Ed25519 is accepted under both names, and Ed448 under neither', async (adapter) => {
  const ed = keyPair('Ed25519')
  const ed448 = keyPair('Ed448')
  const api = await openScriptedApi(adapter, {
    keys: [
      { ...ed.jwk, kid: 'ed' },
      { ...ed448.jwk, kid: 'ed448' },
    ],
  })
  for (const alg of ['EdDSA', 'Ed25519']) {
    expect(await api.present(jws({ alg, kid: 'ed' }, claimsOf(api.issuer.url), ed.privateKey, alg))).toBe('OK')
    expect(await api.present(jws({ alg, kid: 'ed448' }, claimsOf(api.issuer.url), ed448.privateKey, alg))).toBe('E-TOK')
  }
})

verifies('JOSE-15', 'keys and URLs in the header are ignored', async (adapter) => {
  const foreign = keyPair('P-256')
  const api = await openScriptedApi(adapter, { keys: [ecKey] })
  await api.present(signEs256(claimsOf(api.issuer.url)))
  const before = api.issuer.paths.length
  const canary = `${api.issuer.url}/canary`
  const headers = [
    { jwk: foreign.jwk },
    { jwk: { ...foreign.jwk, kid: 'ec' } },
    { x5c: ['MIIB'] },
    { jku: canary },
    { x5u: canary },
    { jwk: foreign.jwk, jku: canary, x5u: canary, x5c: ['MIIB'] },
  ]
  for (const header of headers) {
    expect(await api.present(jws({ ...es256, ...header }, claimsOf(api.issuer.url), foreign.privateKey, 'ES256'))).toBe(
      'E-TOK',
    )
  }
  expect(api.issuer.paths).toHaveLength(before)
})

verifies('JOSE-15', 'kid is only compared with the kids of the key set', async (adapter) => {
  const api = await openScriptedApi(adapter, { keys: [ecKey] })
  const kids = [
    '../../etc/passwd',
    "' OR 1=1",
    '__proto__',
    'constructor',
    'EC',
    'ec ',
    'e',
    'k'.repeat(10_000),
    7,
    null,
    true,
    ['ec'],
    { kid: 'ec' },
  ]
  for (const kid of kids) {
    expect(await api.present(signEs256(claimsOf(api.issuer.url), { kid })), String(kid).slice(0, 20)).toBe('E-TOK')
  }
  // An empty kid is an absent one.
  expect(await api.present(signEs256(claimsOf(api.issuer.url), { kid: '' }))).toBe('OK')
})

verifies('JOSE-16', 'a token that is too large or too deeply nested is refused', async (adapter) => {
  const api = await openScriptedApi(adapter, { keys: [ecKey] })
  const padded = (bytes: number): string => signEs256(claimsOf(api.issuer.url, { pad: 'x'.repeat(bytes) }))
  expect(await api.present(padded(17 * 1024))).toBe('E-REQ')
  expect(await api.present('.'.repeat(17 * 1024))).toBe('E-REQ')
  expect(await api.present('.'.repeat(16 * 1024))).toBe('E-TOK')
  expect(api.issuer.paths).toEqual([])
  expect(await api.present(padded(8 * 1024))).toBe('OK')
  const nested = (depth: number): string =>
    `{"deep":${'['.repeat(depth)}${']'.repeat(depth)},${JSON.stringify(claimsOf(api.issuer.url)).slice(1)}`
  expect(await api.present(signEs256(nested(5000)))).toBe('E-TOK')
  expect(await api.present(signEs256(nested(50)))).toBe('OK')
})

verifies('CLM-06', 'a key of one issuer verifies no token of another issuer with the same kid', async (adapter) => {
  const other = keyPair('P-256')
  const partner = await openScriptedApi(adapter, { keys: [{ ...other.jwk, kid: 'ec' }] })
  const trusted = await openScriptedApi(adapter, { keys: [ecKey] })
  const both = await openScriptedApi(adapter, {
    keys: [ecKey],
    protect: { issuer: [partner.issuer.url, trusted.issuer.url] },
  })
  const [partnerClaims, trustedClaims] = [claimsOf(partner.issuer.url), claimsOf(trusted.issuer.url)]
  for (let round = 0; round < 2; round += 1) {
    expect(await both.present(jws(es256, partnerClaims, other.privateKey, 'ES256'))).toBe('OK')
    expect(await both.present(jws(es256, trustedClaims, other.privateKey, 'ES256'))).toBe('E-TOK')
    expect(await both.present(signEs256(trustedClaims))).toBe('OK')
    expect(await both.present(signEs256(partnerClaims))).toBe('E-TOK')
  }
})
