import assert from 'node:assert/strict'
import { clientSecretBasic, createValidator, defineGuard, type Guard, trustedIssuer } from '@tollgate/core'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { pino } from 'pino'
import { logTollgate } from './log.ts'

const lines: string[] = []
logTollgate(pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(line) }))
// A misconfiguration is also a warning of the process. This check prints no warnings.
process.removeAllListeners('warning')

const issuer = await createMockIssuer({ port: 'none' })
const client = clientSecretBasic(issuer.client.id, 'not the secret')
const validator = createValidator({
  ...issuer.validatorOptions,
  issuer: trustedIssuer(issuer.url, { introspection: { client } }),
})
const claims = { sub: 'a sentinel subject', scope: 'sentinel-scope' }
const levels = { 30: 'info', 40: 'warn', 50: 'error' }

/** The lines that pino writes for one request with this token: the level, and the member that describes the message. */
async function logged(token: string, ...guards: readonly Guard[]): Promise<readonly string[]> {
  lines.length = 0
  const request = new Request('https://api.example.com/', { headers: { authorization: `Bearer ${token}` } })
  await validator.authenticate(request, ...guards).catch((error: unknown) => error)
  const text = lines.join('')
  assert.doesNotMatch(text, /sentinel/)
  assert.ok(token.split('.').every((part) => !text.includes(part)))
  return lines.map((line) => {
    const { level, reason, event, state, document } = JSON.parse(line) as Record<string, string>
    return `${levels[Number(level) as keyof typeof levels]} ${event ?? state ?? reason ?? document ?? 'failure'}`
  })
}

assert.deepEqual(await logged(await issuer.accessToken(claims)), [])
assert.deepEqual(await logged(await issuer.wrongToken('expired', claims)), ['info expired'])

const bug = defineGuard({
  check: ({ subject }) => {
    throw new Error(`no row for ${subject}`)
  },
})
assert.deepEqual(await logged(await issuer.accessToken(claims), bug), ['error failure'])
assert.match(lines[0] ?? '', /check\.ts/)

assert.deepEqual(await logged('a-sentinel-token'), ['error credentials-refused', 'error credentials-refused'])
for (let attempt = 2; attempt < 5; attempt += 1) {
  assert.deepEqual(await logged('a-sentinel-token'), ['error credentials-refused'])
}
assert.deepEqual(await logged('a-sentinel-token'), ['warn open', 'error credentials-refused'])

// While the issuer is down, stale keys serve for at most one hour.
issuer.misbehave('jwks', { status: 503 })
issuer.clock.advance('15m')
assert.deepEqual(await logged(await issuer.accessToken(claims)), ['warn upstream-error', 'warn keys'])
issuer.clock.advance('2h')
const outage = await logged(await issuer.accessToken(claims))
assert.deepEqual(outage, ['warn upstream-error', 'error upstream-error'])

issuer.misbehave('jwks', { status: 200, body: { keys: [{ kty: 'oct', k: 'c2VudGluZWw' }] } })
issuer.clock.advance('1m')
const leak = await logged(await issuer.accessToken(claims))
assert.equal(leak[0], 'error symmetric-key-published')

await validator.close()
await issuer.close()
