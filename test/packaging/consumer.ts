import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Tarball } from './pack.ts'
import { step } from './report.ts'
import { complaints, run } from './run.ts'

/** The apps of someone who has only the registry: one in ESM, one in CommonJS, and one without TypeScript. */
const sources = [
  new URL('./consumer/app.mts', import.meta.url),
  new URL('./consumer/app.cts', import.meta.url),
  new URL('./consumer/app.cjs', import.meta.url),
  new URL('./consumer/tsconfig.json', import.meta.url),
].map((url) => fileURLToPath(url))

/** After what its sources were compiled to, the one that needed none of that. */
const apps = ['dist/app.mjs', 'dist/app.cjs', 'app.cjs']

/** Uses the tarballs as a project of its own would, with this TypeScript. */
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
  const others = ['express@5', '@types/express@5', '@types/node@26', `typescript@${typescript}`]
  const args = ['install', '--no-audit', '--no-fund', ...tarballs.map(({ archive }) => archive), ...others]
  const lines = complaints(await run('npm', args, folder), /^npm error/)
  return lines.length > 0 ? [lines.slice(0, 3).join(' ')] : []
}

async function compile(folder: string): Promise<readonly string[]> {
  return complaints(await run(join(folder, 'node_modules/.bin/tsc'), ['--project', folder], folder), /error TS\d+/)
}

async function start(app: string, folder: string): Promise<readonly string[]> {
  return complaints(await run(process.execPath, [app], folder), /^\w*Error\b/)
}
