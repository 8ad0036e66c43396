import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createMockIssuer } from '@tollgate/mock-issuer'

const issuer = await createMockIssuer()
const options = ['explain', '--issuer', issuer.url, '--audience', 'https://api.example.com']

async function exitCode(token) {
  const child = spawn('node_modules/.bin/tollgate', options, { stdio: ['pipe', 'ignore', 'inherit'] })
  child.stdin.end(token)
  const [code] = await once(child, 'close')
  return code
}

assert.equal(await exitCode(await issuer.accessToken()), 0, 'Expected the exit code 0 for a good token')
assert.equal(await exitCode(await issuer.wrongToken('expired')), 1, 'Expected the exit code 1 for an expired token')
await issuer.close()
