import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** `@tollgate/core` as npm would have it: compiled, where this repository runs its sources. */
export interface Published {
  /** What was built. */
  readonly folder: string
  readonly entry: string
  readonly remove: () => Promise<void>
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const core = join(root, 'packages/core')

/** Compiles it into a temporary folder, where it finds its dependencies. */
export async function publish(): Promise<Published> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-published-'))
  const dist = join(folder, 'dist')
  const info = join(folder, 'tsbuildinfo')
  const options = ['--project', join(core, 'tsconfig.build.json'), '--outDir', dist, '--tsBuildInfoFile', info]
  await promisify(execFile)(join(root, 'node_modules/.bin/tsc'), options)
  await Promise.all([rm(info), symlink(join(core, 'node_modules'), join(folder, 'node_modules'), 'dir')])
  for (const other of ['src', 'package.json', 'README.md']) {
    await cp(join(core, other), join(folder, other), { recursive: true })
  }
  return {
    folder,
    entry: join(dist, 'index.js'),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
