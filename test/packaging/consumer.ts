import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Tarball } from './pack.ts'
import { step } from './report.ts'
import { complaints, run } from './run.ts'

/** Applications without this workspace, one for each framework: in ESM, in CommonJS, and without TypeScript. */
const typed = ['app.mts', 'app.cts', 'commonjs.ts', 'koa.mts', 'fastify.mts', 'hono.mts', 'nest.ts']
const untyped = ['app.cjs', 'fastify.cjs', 'cli.mjs']
const projects = ['tsconfig.json', 'tsconfig.commonjs.json', 'tsconfig.koa.json', 'tsconfig.nest.json']
const sources = [...typed, ...untyped, ...projects].map((name) =>
  fileURLToPath(new URL(`./consumer/${name}`, import.meta.url)),
)

/** The compiled applications, and those without TypeScript. */
const apps = [...typed.map((name) => `dist/${name.replace(/ts$/, 'js')}`), ...untyped]

/** Uses the tarballs in a project of its own, with this TypeScript. */
export async function useTarballs(tarballs: readonly Tarball[], typescript: string, folder: string): Promise<void> {
  const label = `consumer with TypeScript ${typescript}`
  await mkdir(folder)
  await Promise.all(sources.map((source) => copyFile(source, join(folder, basename(source)))))
  await writeFile(join(folder, 'package.json'), '{ "name": "consumer", "private": true }')

  if (!(await step(`${label}: npm install`, () => install(tarballs, typescript, folder)))) {
    return
  }
  const compiled = await step(`${label}: tsc`, () => compile(folder))
  for (const app of apps.filter((path) => compiled || !path.startsWith('dist/'))) {
    await step(`${label}: node ${app}`, () => start(app, folder))
  }
}

async function install(tarballs: readonly Tarball[], typescript: string, folder: string): Promise<readonly string[]> {
  const frameworks = ['express@5', '@types/express@5', 'koa@3', '@types/koa@3', 'fastify@5', 'hono@4']
  const others = [...frameworks, ...nestPackages(typescript), '@types/node@26', `typescript@${typescript}`]
  const args = ['install', '--no-audit', '--no-fund', ...tarballs.map(({ archive }) => archive), ...others]
  const lines = complaints(await run('npm', args, folder), /^npm error/)
  return lines.length > 0 ? [lines.slice(0, 3).join(' ')] : []
}

/** The older TypeScript comes with the older NestJS, which is CommonJS. */
function nestPackages(typescript: string): readonly string[] {
  const major = typescript.startsWith('5') ? 11 : 12
  const names = ['common', 'core', 'platform-express', 'websockets', 'platform-socket.io']
  const own = names.map((name) => `@nestjs/${name}@${major}`)
  return [...own, 'reflect-metadata@0.2', 'rxjs@7', 'socket.io-client@4']
}

async function compile(folder: string): Promise<readonly string[]> {
  const tsc = join(folder, 'node_modules/.bin/tsc')
  const found: string[] = []
  for (const project of projects) {
    found.push(...complaints(await run(tsc, ['--project', project], folder), /error TS\d+/))
  }
  return found
}

async function start(app: string, folder: string): Promise<readonly string[]> {
  return complaints(await run(process.execPath, [app], folder), /^\w*Error\b/)
}
