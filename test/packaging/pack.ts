import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { complaints, type Ended, run } from './run.ts'

export interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly exports?: unknown
}

export interface Tarball {
  /** The path of the archive. */
  readonly archive: string
  readonly manifest: Manifest
  /** The paths of its files, with `/` between folders. */
  readonly files: readonly string[]
}

/** Packs the public packages as for publication, with `publishConfig` applied. */
export async function packPackages(workspace: string, into: string): Promise<readonly Tarball[]> {
  const wanted = await publicPackages(workspace)
  const pack = ['-r', '--filter', './packages/*', 'pack', '--pack-destination', into]
  expectNone(complaints(await pnpm(pack, workspace), /ERR_PNPM|^[×╰]/u))
  const archives = (await readdir(into)).filter((name) => name.endsWith('.tgz')).toSorted()
  const packed = await Promise.all(archives.map((name) => unpack(join(into, name))))
  const missing = wanted.filter((name) => packed.every(({ manifest }) => manifest.name !== name))
  if (wanted.length === 0 || missing.length > 0) {
    throw new Error(`no tarball for ${missing.join(', ') || 'any package'}`)
  }
  return packed.filter(({ manifest }) => wanted.includes(manifest.name))
}

async function publicPackages(workspace: string): Promise<readonly string[]> {
  const folders = (await readdir(join(workspace, 'packages'))).map((name) => join(workspace, 'packages', name))
  const packages = folders.filter((path) => existsSync(join(path, 'package.json')))
  const manifests = await Promise.all(packages.map(readManifest))
  return manifests.filter((manifest) => manifest.private !== true).map(({ name }) => name)
}

async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest
}

/** Inside `npx pnpm run` there is a pnpm on the PATH. Elsewhere there may be none. */
async function pnpm(args: readonly string[], cwd: string): Promise<Ended> {
  const ended = await run('pnpm', args, cwd)
  return ended.code === 'ENOENT' ? run('npx', ['-y', 'pnpm@12', ...args], cwd) : ended
}

async function unpack(archive: string): Promise<Tarball> {
  const folder = join(archive, '..', basename(archive, '.tgz'))
  await mkdir(folder)
  expectNone(complaints(await run('tar', ['-xzf', archive, '--strip-components=1'], folder), /^tar/))
  const entries = await readdir(folder, { recursive: true })
  return { archive, manifest: await readManifest(folder), files: entries.map((path) => path.replaceAll('\\', '/')) }
}

function expectNone(failures: readonly string[]): void {
  if (failures.length > 0) {
    throw new Error(failures.join(' '))
  }
}
