import { cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Tarball } from './pack.ts'
import { step } from './report.ts'
import { complaints, run } from './run.ts'

/** Copies each project of `examples/projects`, installs the tarballs there as an application does, and runs its tests. */
export async function testProjects(tarballs: readonly Tarball[], projects: string, into: string): Promise<void> {
  for (const name of (await readdir(projects)).toSorted()) {
    const folder = join(into, `project-${name}`)
    await cp(join(projects, name), folder, { recursive: true })
    if (await step(`project ${name}: npm install`, () => install(tarballs, folder))) {
      await step(`project ${name}: npm test`, () => test(folder))
    }
  }
}

/** No project needs the install scripts of its dependencies. */
async function install(tarballs: readonly Tarball[], folder: string): Promise<readonly string[]> {
  const archives = tarballs.map(({ archive }) => archive)
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save', ...archives]
  const lines = complaints(await run('npm', args, folder), /^npm error/)
  return lines.length > 0 ? [lines.slice(0, 3).join(' ')] : []
}

async function test(folder: string): Promise<readonly string[]> {
  return complaints(await run('npm', ['test'], folder), /error TS\d+|\w*Error\b|●/)
}
