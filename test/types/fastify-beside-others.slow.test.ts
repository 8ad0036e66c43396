/** The types of @tollgate/fastify beside packages that type the same names of Fastify, as the compiler sees them. */
import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { beforeAll, afterAll, expect, test } from 'vitest'

/** In this package, because the compiler looks for packages from here. */
const folder = join(import.meta.dirname, 'beside-others.generated')
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
const imports = {
  tollgate: "import tollgate, { scopes } from '@tollgate/fastify'",
  augment: "import '@tollgate/fastify/augment'",
  auth: "import auth from '@fastify/auth'",
  jwt: "import jwt from '@fastify/jwt'",
  clerk: "import './clerk.ts'",
}

/** @clerk/fastify decorates `request.auth`, and an application can type it. */
const clerk = `import 'fastify'
declare module 'fastify' {
  interface FastifyRequest { auth: { userId: string } | null }
  interface FastifyContextConfig { auth?: 'clerk' }
}
`

const beside = `
const app = fastify()
await app.register(jwt, { secret: 'of the application' })
await app.register(auth)
await app.register(tollgate, { issuer: 'https://as.example', audience: 'api', errors: 'throw', decorate: 'token' })
const either = app.auth([app.protect(scopes('a')), async () => undefined], { relation: 'or' })
app.get<{ Reply: { s: string } }>('/', { onRequest: either }, async (request) => ({ s: app.protect.auth(request).subject ?? '' }))
`
const ofClerk = `
app.get('/clerk', { config: { auth: 'clerk' } }, async (request) => request.auth?.userId)
`
const ofTollgate = `
app.get('/tollgate', { config: { auth: scopes('a') } }, async (request) => request.auth?.subject)
// @ts-expect-error -- there is no such word
app.get('/tollgate', { config: { auth: 'none' } }, async () => 'ok')
`
const withoutAugment = `
// @ts-expect-error -- the type of this member is opt-in
app.get('/none', async (request) => request.auth)
`

beforeAll(async () => {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder)
  await writeFile(join(folder, 'clerk.ts'), clerk)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

type Name = keyof typeof imports

test.each<[order: readonly Name[], code: string, flags: readonly string[]]>([
  [['auth', 'jwt', 'tollgate'], beside + withoutAugment, []],
  [['tollgate', 'jwt', 'auth'], beside + withoutAugment, ['--skipLibCheck']],
  [['clerk', 'auth', 'jwt', 'tollgate'], beside + ofClerk, []],
  [['tollgate', 'clerk', 'jwt', 'auth'], beside + ofClerk, ['--skipLibCheck']],
  [['auth', 'augment', 'tollgate', 'jwt'], beside + ofTollgate, []],
  [['augment', 'tollgate', 'jwt', 'auth'], beside + ofTollgate, ['--skipLibCheck']],
])('the imports %j compile', async (order, code, flags) => {
  const file = join(folder, `${order.join('-')}.ts`)
  const lines = [...order.map((name) => imports[name]), "import fastify from 'fastify'", code]
  await writeFile(file, lines.join('\n'))
  expect(await compile(file, flags)).toBe('')
})

async function compile(file: string, flags: readonly string[]): Promise<string> {
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node']
  const ts = ['--allowImportingTsExtensions', '--exactOptionalPropertyTypes', '--ignoreConfig']
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, ...options, ...ts, ...flags, file], (_error, stdout) => resolve(stdout))
  })
}
