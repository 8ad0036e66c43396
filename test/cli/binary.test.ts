/** The binary: exit codes, streams, and a module of an app. Each process takes about a second. */
import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { explainWith } from './app-module.ts'
import { runBinary } from './commands.ts'

let issuer: MockIssuer
beforeAll(async () => {
  issuer = await createMockIssuer()
})
afterAll(() => issuer.close())

const audience = 'https://api.example.com'
const options = (): readonly string[] => ['--issuer', issuer.url, '--audience', audience]

test.each<readonly [code: number, args: () => readonly string[], input: () => Promise<string>]>([
  [0, () => ['explain', ...options()], () => issuer.accessToken()],
  [1, () => ['explain', ...options()], () => issuer.wrongToken('expired')],
  [2, () => ['explain'], () => issuer.accessToken()],
  [
    3,
    () => ['explain', '--issuer', 'http://127.0.0.1:14', '--audience', audience],
    () => issuer.accessToken({ iss: 'http://127.0.0.1:14' }),
  ],
])('the exit code is %i', async (code, args, input) => {
  const ended = await runBinary({ args: args(), input: await input() })
  expect(ended.code).toBe(code)
  expect(code === 2 ? ended.stdout : ended.stderr).toBe('')
})

test('--config uses the `protect` of an app, which may print and listen', async () => {
  const ended = await explainWith(
    issuer,
    `import { createServer } from 'node:http'
import { createProtect } from EXPRESS
console.log('sentinel')
createServer().listen(0)
Promise.reject(new Error('no database'))
export const protect = createProtect({ issuer: ISSUER, audience: '${audience}' as string })`,
    'auth.ts',
    '--json',
  )
  expect(JSON.parse(ended.stdout)).toMatchObject({ result: 'good' })
  expect(ended.stderr).toMatch(/sentinel[^]*no database/)
})
