/** What `explain` says about proofs, nonces and bindings. It says nothing that is secret. */
import { active, createValidator, type Explanation, type ProxyCertificate, type ValidatorOptions } from '@tollgate/core'
import { createSenderClient, type MockIssuer, type SenderClient, type WrongProof } from '@tollgate/mock-issuer'
import { expect, onTestFinished, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { openScriptedValidator, requestWith } from '../harness/scripted-validator.ts'

const origin = 'https://api.example'
const url = `${origin}/items`

interface Scene {
  readonly issuer: MockIssuer
  readonly client: SenderClient
  readonly bound: string
  readonly free: string
  /** The explanation of a request with this token and proof. */
  readonly explain: (
    scheme: string,
    token: string,
    proof?: string,
    more?: readonly (readonly [string, string])[],
  ) => Promise<Explanation | undefined>
  /** The explanation of `validate()`, which gets no request. */
  readonly explainAlone: (token: string) => Promise<Explanation | undefined>
}

async function openScene(options: Partial<ValidatorOptions> = { dpop: { mode: 'accepted' } }): Promise<Scene> {
  const issuer = await openIssuer()
  const validator = createValidator({ ...issuer.validatorOptions, origin, ...options })
  onTestFinished(() => validator.close())
  const client = await createSenderClient({ clock: issuer.clock })
  return {
    issuer,
    client,
    bound: await issuer.accessToken({ cnf: client.cnf }),
    free: await issuer.accessToken(),
    explain: async (scheme, token, proof, more = []) => {
      const authorization = ['authorization', `${scheme} ${token}`] as const
      const lines = [authorization, ...(proof ? [['dpop', proof] as const] : []), ...more]
      const request = { method: 'GET', url: '/items?code=c-1', headers: lines }
      const error: unknown = await validator.authenticate(request).catch((thrown: unknown) => thrown)
      const explanation = validator.explain(error)
      const text = JSON.stringify(explanation ?? {})
      expect([token, ...secretsIn(proof)].filter((secret) => text.includes(secret))).toEqual([])
      return explanation
    },
    explainAlone: async (token) =>
      validator.explain(await validator.validate(token).catch((thrown: unknown) => thrown)),
  }
}

/** What nobody may read in a log: the signature and the `jti` of a proof, and the credentials and queries of URLs. */
function secretsIn(proof = ''): readonly string[] {
  const [, claims = '', signature = ''] = proof.split('.')
  const jti = /"jti":"([^"]+)"/.exec(Buffer.from(claims, 'base64url').toString())?.[1] ?? ''
  return [signature, jti, 'c-1', 'alice:'].filter((secret) => secret !== '')
}

test.each<readonly [WrongProof, RegExp]>([
  ['expired', /wrong-proof-time: the proof is 60 min old, .* Expected the time of this server/],
  ['fromTheFuture', /wrong-proof-time: the proof was created 60 min in the future/],
  ['withoutIat', /malformed-proof: the proof has no `iat` of the right type/],
  ['wrongMethod', /wrong-proof-method: .* Expected GET, got "POST"/],
  [
    'wrongHost',
    /wrong-proof-uri: .* Expected "https:\/\/api\.example\/items", got "https:\/\/another-api\.example\/items".*set `origin`/,
  ],
  ['trailingSlash', /wrong-proof-uri: .*If a proxy changes the path, mount the routes/],
  ['urlWithCredentials', /wrong-proof-uri: .*got "https:\/\/…@api\.example\/items"/],
  ['withoutJti', /malformed-proof: the proof has no `jti`/],
  ['wrongAth', /wrong-proof-token: the `ath` of the proof/],
  ['wrongType', /wrong-proof-type: .*got "JWT"/],
  ['criticalHeader', /malformed-proof: .*`crit`/],
  ['badSignature', /bad-proof-signature: /],
  ['hmac', /wrong-proof-algorithm: .*got "HS256"/],
  ['privateKey', /malformed-proof-key: .*private members/],
  ['foreignKey', /wrong-proof-key: the proof is good, but the token is bound to another key/],
  ['garbage', /malformed-proof: the proof is no signed JWT/],
  ['twoProofs', /repeated-proof: /],
])('the wrong proof %s', async (name, line) => {
  const { client, bound, explain } = await openScene()
  const explanation = await explain('DPoP', bound, await client.wrongProof(name, { url, token: bound }))
  expect(explanation).toMatchObject({ status: 401, step: 'constraints' })
  expect(explanation?.line).toMatch(line)
})

test('a scheme that does not fit the token', async () => {
  const { client, bound, free, explain } = await openScene()
  expect((await explain('Bearer', bound))?.line).toMatch(/dpop-bound: .*Send `Authorization: DPoP/)
  expect((await explain('DPoP', bound))?.line).toMatch(/no-proof: /)
  const unbound = await explain('DPoP', free, await client.proof({ url, token: free }))
  expect(unbound?.line).toMatch(/unbound-token: the token came under the scheme DPoP.*Authorization: Bearer/)
  const required = await openScene({ dpop: { mode: 'required' } })
  expect((await required.explain('Bearer', required.free))?.line).toMatch(/unbound-token: the token lacks the binding/)
  const proof = await required.client.proof({ url, token: required.free })
  expect((await required.explain('DPoP', required.free, proof))?.line).not.toMatch(/Bearer/)
  const { issuer } = required
  const validator = createValidator({ ...issuer.validatorOptions, dpop: { mode: 'required' } })
  onTestFinished(() => validator.close())
  const error: unknown = await validator
    .authenticate({ method: 'GET', url: '/', headers: [] })
    .catch((thrown: unknown) => thrown)
  expect(validator.explain(error)?.line).toMatch(/no-credentials: .*`Authorization: DPoP/)
})

test('DPoP or mutual TLS that is off', async () => {
  const { issuer, client, bound, explain } = await openScene({})
  expect((await explain('Bearer', bound))?.line).toMatch(/sender-constrained: .*DPoP.*`dpop: \{ mode: 'accepted' \}`/)
  expect((await explain('DPoP', bound))?.line).toMatch(/no-credentials: .*`dpop: \{ mode: 'accepted' \}`/)
  const { cnf } = await client.certificate()
  const line = (await explain('Bearer', await issuer.accessToken({ cnf })))?.line
  expect(line).toMatch(/sender-constrained: .*`mtls: \{ mode: 'accepted' \}`/)
})

test.each(['accepted', 'required'] as const)('a bound token without its request, with mode %s', async (mode) => {
  const dpop = await openScene({ dpop: { mode } })
  expect((await dpop.explainAlone(dpop.bound))?.line).toMatch(/sender-constrained: .*no request/)
  const { issuer, client, explainAlone } = await openScene({ mtls: { mode } })
  const { cnf } = await client.certificate()
  expect((await explainAlone(await issuer.accessToken({ cnf })))?.line).toMatch(/sender-constrained: .*no request/)
})

test.each([
  ['a newer response with another binding', undefined, { jkt: 'x' }, /newer introspection response/],
  ['a response without a known binding', { kid: 'x' }, { kid: 'x' }, /neither `jkt` nor/],
] as const)('introspection: %s', async (_name, cnf, newer, problem) => {
  const { issuer, validator, advance, reason } = await openScriptedValidator()
  issuer.introspect = () => issuer.active({ cnf })
  expect(await reason('t')).toBe(cnf === undefined ? 'OK' : 'sender-constrained')
  advance(10)
  issuer.introspect = () => issuer.active({ cnf: newer })
  const work = validator.authenticate(requestWith('t'), active({ within: '1s' }))
  const explanation = validator.explain(await work.catch((thrown: unknown) => thrown))
  expect(explanation).toMatchObject({ reason: 'sender-constrained', problem: expect.stringMatching(problem) })
})

test('a certificate that is absent', async () => {
  const { issuer, client, explain } = await openScene({ mtls: { mode: 'accepted' } })
  const { cnf } = await client.certificate()
  const line = (await explain('Bearer', await issuer.accessToken({ cnf })))?.line
  expect(line).toMatch(/no-certificate: .*`requestCert: true`/)
})

test('a certificate that comes from a proxy', async () => {
  const secret = 'the-secret-of-the-proxy-is-32-bytes'
  const trusts: readonly (readonly [ProxyCertificate, RegExp])[] = [
    [{ proxy: 'nginx', secret }, /not the proxy .*`x-ssl-client-cert` does not count.*`X-Proxy-Secret`/],
    [{ proxy: 'nginx', addresses: '10.0.0.5' }, /not the proxy .*`addresses`/],
  ]
  for (const [certificate, line] of trusts) {
    const { issuer, client, explain } = await openScene({ mtls: { mode: 'accepted', certificate } })
    const { cnf } = await client.certificate()
    expect((await explain('Bearer', await issuer.accessToken({ cnf })))?.line).toMatch(line)
  }
  const { issuer, client, explain } = await openScene({
    mtls: { mode: 'accepted', certificate: { proxy: 'nginx', secret } },
  })
  const { cnf } = await client.certificate()
  const explanation = await explain('Bearer', await issuer.accessToken({ cnf }), undefined, [
    ['x-proxy-secret', secret],
  ])
  expect(explanation?.line).toMatch(/the proxy passed on none in `x-ssl-client-cert`/)
  expect(explanation?.line).not.toContain(secret)
})

test('nonces, and a proof that comes again', async () => {
  const { client, bound, explain } = await openScene({ dpop: { mode: 'accepted', nonces: 'required' } })
  expect((await explain('DPoP', bound, await client.proof({ url, token: bound })))?.line).toMatch(
    /no-nonce: .*Nothing is wrong: (?!.*secrets)/,
  )
  const wrong = await client.proof({ url, token: bound, nonce: 'x' })
  expect((await explain('DPoP', bound, wrong))?.line).toMatch(/wrong-nonce: .*same `secrets`/)
  const other = await openScene()
  const proof = await other.client.proof({ url, token: other.bound })
  expect(await other.explain('DPoP', other.bound, proof)).toBeUndefined()
  expect((await other.explain('DPoP', other.bound, proof))?.line).toMatch(/replayed-proof: the proof was used before/)
})

test('a store of used proofs that is down', async () => {
  const replay = { remember: async () => Promise.reject(new Error('down')) }
  const { client, bound, explain } = await openScene({ dpop: { mode: 'accepted', replay } })
  const explanation = await explain('DPoP', bound, await client.proof({ url, token: bound }))
  expect(explanation).toMatchObject({ status: 503, reason: 'replay-store' })
  expect(explanation?.line).toMatch(/Check the connection to Redis/)
})
