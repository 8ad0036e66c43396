/** The binary with colours, and with more modules of an app. */
import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { explainWith } from './app-module.ts'
import { runBinary } from './commands.ts'

let issuer: MockIssuer
beforeAll(async () => {
  issuer = await createMockIssuer()
})
afterAll(() => issuer.close())

const audience = 'https://api.example.com'

test.each([
  [{}, false],
  [{ FORCE_COLOR: '1' }, true],
  [{ NO_COLOR: '1' }, false],
])('with %j a pipe gets colours: %s', async (env, hasColours) => {
  const { stdout } = await runBinary({ args: ['decode'], input: 'e30.e30.e30', env })
  expect(stdout.includes('\u001B[')).toBe(hasColours)
})

test('--help and --version need no token', async () => {
  expect((await runBinary({ args: ['--version'] })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  const { code, stdout } = await runBinary({ args: ['explain', '--help'] })
  expect([code, stdout.split('\n').filter((line) => line.length > 80)]).toEqual([0, []])
})

describe('--config', () => {
  test.each<readonly [name: string, code: string, file: string, args: readonly string[]]>([
    [
      'a validator',
      `import { createValidator } from CORE\nexport const validator = createValidator({ issuer: ISSUER, audience: '${audience}' })`,
      'auth.mjs',
      [],
    ],
    [
      'options as the default',
      `export default { issuer: ISSUER, audience: '${audience}', errors: 'throw' }`,
      'auth.js',
      [],
    ],
    ['CommonJS', `exports.options = { issuer: ISSUER, audience: '${audience}' }`, 'auth.cjs', []],
    [
      'an issuer function',
      `export const options = { issuer: (iss, request) => [...request.headers][0][1] === 'a.example' ? ISSUER : undefined, audience: '${audience}' }`,
      'auth.mjs',
      ['--host', 'a.example'],
    ],
    [
      'a cookie',
      `import { cookie } from CORE\nexport const options = { issuer: ISSUER, audience: '${audience}', credentials: cookie('t', { origins: ['https://a.example'] }) }`,
      'auth.mjs',
      [],
    ],
  ])('takes %s', async (_name, code, file, args) => {
    const ended = await explainWith(issuer, code, file, ...args)
    expect(ended).toMatchObject({ code: 0, stderr: '' })
  })

  test.each<readonly [name: string, code: string, problem: RegExp]>([
    ['nothing of use', 'export const a = 1', /exports no validator/],
    ['an error', "throw new Error('DATABASE_URL is missing')", /threw an error: DATABASE_URL is missing/],
    ['an import that is missing', "import 'no-such-package-of-the-app'", /is not found/],
    ['TypeScript that Node cannot strip', 'enum A { B }\nexport const a = A.B', /Node cannot load/],
    ['options with a fault', "export const options = { issuer: 'x', audience: 'y' }", /Expected `issuer`/],
  ])('with %s is wrong usage (exit code 2)', async (_name, code, problem) => {
    const { title, code: exitCode } = await explainWith(issuer, code)
    expect(title).toMatch(problem)
    expect(exitCode).toBe(2)
  })

  test('says that a function of the app failed, and that the token is not refused by the library', async () => {
    const ended = await explainWith(
      issuer,
      `export const options = { issuer: () => { throw new Error('sentinel') }, audience: 'a' }`,
    )
    expect(ended.title).toMatch(/500 internal-error: a function of the application failed: sentinel/)
    expect([ended.code, /^[✓✗] \w+ {2,}/m.test(ended.stdout)]).toEqual([1, false])
  })
})

test.each(['hang', 'hang-in-body', 'drip'] as const)('doctor ends when the issuer has the fault %s', async (fault) => {
  const slow = await createMockIssuer()
  onTestFinished(() => slow.close())
  slow.misbehave('metadata', fault)
  const ended = await runBinary({ args: ['doctor', slow.url] })
  expect([ended.code, /no response within 5 s/.test(ended.stdout)]).toEqual([3, true])
})
