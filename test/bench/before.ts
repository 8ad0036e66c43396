import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** The commit that the code at hand is compared with: the last one before the core was restructured. */
export const commit = '13386f0'

/** The old packages with the bench of today, in a folder that `remove` removes. */
export interface Before {
  readonly bench: URL
  readonly remove: () => void
}

/** Installs an old commit in a temporary folder. Returns `undefined` in a clone that does not contain the commit. */
export function installBefore(of: string = commit): Before | undefined {
  const here = fileURLToPath(new URL('.', import.meta.url))
  if (spawnSync('git', ['cat-file', '-e', `${of}^{commit}`], { cwd: here }).status !== 0) {
    console.error(`This clone does not contain the commit ${of}. The floors that compare with it are not measured.`)
    return undefined
  }
  console.error(`installing ${of}`)
  const root = mkdtempSync(join(tmpdir(), 'tollgate-before-'))
  const bench = join(root, 'test/bench')
  execFileSync('git', ['archive', '--output', join(root, 'tree.tar'), of], { cwd: join(here, '../..') })
  execFileSync('tar', ['-xf', 'tree.tar'], { cwd: root })
  const install = ['-y', 'pnpm@12', 'install', '--frozen-lockfile', '--filter', '@tollgate/bench...']
  if (spawnSync('npx', [...install, '--offline'], { cwd: root }).status !== 0) {
    execFileSync('npx', install, { cwd: root, stdio: 'inherit' })
  }
  cpSync(here, bench, { recursive: true, filter: (file) => !file.includes('node_modules') })
  return { bench: pathToFileURL(`${bench}/`), remove: () => rmSync(root, { recursive: true, force: true }) }
}
