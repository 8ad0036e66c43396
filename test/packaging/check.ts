import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { useTarballs } from './consumer.ts'
import { contentProblems } from './contents.ts'
import { attwProblems, publintProblems } from './linters.ts'
import { loadWithOldNode } from './old-node.ts'
import { packPackages, type Tarball } from './pack.ts'
import { testProjects } from './projects.ts'
import { step } from './report.ts'

/** The last 5.x, and the version of this workspace. */
const typescripts = ['5.9', '7.0.2']

/** Packs the output of `pnpm run build`, and installs and uses it as an application does. */
async function check(workspace: string, folder: string): Promise<void> {
  const packed = join(folder, 'packed')
  await mkdir(packed)
  const tarballs: Tarball[] = []
  await step('pack', async () => {
    tarballs.push(...(await packPackages(workspace, packed)))
    return []
  })
  for (const tarball of tarballs) {
    const { name } = tarball.manifest
    await step(`${name}: contents`, () => contentProblems(tarball))
    await step(`${name}: publint`, () => publintProblems(tarball))
    await step(`${name}: attw`, () => attwProblems(tarball))
  }
  for (const typescript of tarballs.length > 0 ? typescripts : []) {
    await useTarballs(tarballs, typescript, join(folder, `typescript-${typescript}`))
  }
  if (tarballs.length > 0) {
    await testProjects(tarballs, join(workspace, 'examples/projects'), folder)
    await loadWithOldNode(tarballs, join(folder, 'old-node'))
  }
}

const folder = await mkdtemp(join(tmpdir(), 'tollgate-packaging-'))
try {
  await check(fileURLToPath(new URL('../..', import.meta.url)), folder)
} finally {
  await rm(folder, { recursive: true, force: true })
}
