import assert from 'node:assert/strict'
import { Readable, Writable } from 'node:stream'
import { runCli } from '@tollgate/cli'
import { createMockIssuer } from '@tollgate/mock-issuer'

const issuer = await createMockIssuer()
process.env['ISSUER'] = issuer.url
const token = await issuer.accessToken({ aud: 'https://api.example.com/' })

const printed: string[] = []
const { warn, log } = console
console.warn = (line: string) => void printed.push(line)
console.log = (line: string) => void printed.push(line)
const auth = await import('./auth.ts')
const logger = await import('./logger.ts')
for (const { protect } of [auth, logger]) {
  await assert.rejects(protect.validator.validate(token))
}
Object.assign(console, { warn, log })
assert.match(printed[0] ?? '', /^tollgate: 401 wrong-audience: `aud` differs only by a trailing slash/)
assert.match(printed[1] ?? '', /^401 wrong-audience: /)

const { whyRefused } = await import('./in-code.ts')
assert.equal((await whyRefused(token))?.reason, 'wrong-audience')
assert.equal(await whyRefused(await issuer.accessToken()), undefined)

/** What the command line prints about the token, with the module of the app. */
const lines: string[] = []
const output = new Writable({
  write(chunk: Buffer, _encoding, done) {
    lines.push(...chunk.toString().split('\n'))
    done()
  },
})
const config = new URL('auth.ts', import.meta.url).pathname
const code = await runCli(['explain', '--config', config], {
  stdin: Readable.from([token]),
  stdout: output,
  stderr: output,
  env: {},
})
assert.equal(code, 1)
assert.match(lines[0] ?? '', /^✗ 401 wrong-audience: `aud` differs only by a trailing slash/)

await Promise.all([auth.protect.validator.close(), logger.protect.validator.close()])
await issuer.close()
delete process.env['ISSUER']
