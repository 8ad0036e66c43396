import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createMockIssuer } from '@tollgate/mock-issuer'
import './build.ts'

const start = promisify(execFile)
const issuer = await createMockIssuer()
const env = { ...process.env, ISSUER: issuer.url, TOKEN: await issuer.accessToken() }

await start(process.execPath, ['node_modules/rollup/dist/bin/rollup', '--config'])
for (const bundle of ['banner.mjs', 'external.mjs', 'app.cjs', 'rollup.mjs']) {
  const { stdout } = await start(process.execPath, [`dist/${bundle}`], { env })
  assert.equal(stdout, 'for alice\n', bundle)
}
await issuer.close()
