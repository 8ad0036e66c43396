/** A runtime that is too old: the first import of each package says so in words. The packaging check starts old versions. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'

const packages = new URL('../../packages', import.meta.url).pathname
const copies = globSync('*/require/expect-node.cjs', { cwd: packages }).toSorted()
const [check = ''] = copies.map((path) => readFileSync(join(packages, path), 'utf8'))

/** Runs the check under these versions. */
function runCheck(versions: Readonly<Record<string, string>>): void {
  runInNewContext(check, { process: { versions, execPath: '/usr/bin/node' } })
}

test.each([
  [{ node: '16.20.2' }, 'Node 16.20.2'],
  [{ node: '20.20.2' }, 'Node 20.20.2'],
  [{ node: '22.0.0' }, 'Node 22.0.0'],
  [{ node: '22.18.0' }, 'Node 22.18.0'],
  [{ node: '22.6.0', bun: '1.2.0' }, 'Bun 1.2.0'],
  [{ node: '20.11.1', deno: '2.1.0' }, 'Deno 2.1.0'],
])('%j is too old, and the error names it as %s and the version that is needed', (versions, name) => {
  const message = expect.stringContaining(`needs Node 22.19 or newer; this is ${name}`)
  expect(() => runCheck(versions)).toThrow(expect.objectContaining({ code: 'ERR_OLD_RUNTIME', message }))
})

test.each([
  [{ node: '22.19.0' }],
  [{ node: '24.0.0' }],
  [{ node: '100.1.0-nightly' }],
  [{ node: '24.3.0', bun: '1.3.0' }],
  // A runtime that does not imitate Node.
  [{}],
])('%j is new enough, or unknown', (versions) => {
  expect(() => runCheck(versions)).not.toThrow()
})

test('the copies of the check are equal', () => {
  expect(copies.map((path) => dirname(dirname(path)))).toEqual(['core', 'mock-issuer'])
  expect(copies.filter((path) => readFileSync(join(packages, path), 'utf8') !== check)).toEqual([])
})

interface Entry {
  readonly default: string
  readonly require?: { readonly types: string; readonly default: string }
}

interface Manifest {
  readonly name: string
  readonly sideEffects?: unknown
  readonly publishConfig: { readonly exports: Readonly<Record<string, string | Entry>> }
}

const manifests = globSync('*/package.json', { cwd: packages })
  .toSorted()
  .map((path) => [dirname(path), JSON.parse(readFileSync(join(packages, path), 'utf8')) as Manifest] as const)

/** The entry points that contain more than types. */
const entries = manifests.flatMap(([folder, { publishConfig }]) =>
  Object.values(publishConfig.exports)
    .filter((entry) => typeof entry !== 'string')
    .map((entry) => ({ folder, ...entry, source: entry.default.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts') }))
    .map((entry) => ({ ...entry, text: readFileSync(join(packages, entry.folder, entry.source), 'utf8') }))
    .filter(({ text }) => /^(?:import|export)(?! type| interface)/m.test(text)),
)

test.each(entries.map((entry) => [entry.folder, entry.source, entry] as const))(
  '%s/%s loads the check before anything else',
  (folder, source, entry) => {
    const [first] = [...entry.text.matchAll(/^(?:import|export)(?! type)[^']*'([^']+)'/gm)].map(([, name]) => name)
    expect(['../require/expect-node.cjs', '@tollgate/core', '@tollgate/core/adapter', '@tollgate/core/mcp']).toContain(
      first,
    )
    const loader = readFileSync(join(packages, folder, entry.require?.default ?? ''), 'utf8')
    const [checked, loaded] = [...loader.matchAll(/require\('([^']+)'\)/g)].map(([, name]) => name)
    expect(['./expect-node.cjs', '@tollgate/core']).toContain(checked)
    expect(loaded).toBe(`../${source.replace(/^src\/(.*)\.ts$/, 'dist/$1.js')}`)
  },
)

test('bundlers do not drop the check as a module without effects', () => {
  const flags = manifests.filter(([folder]) => copies.includes(`${folder}/require/expect-node.cjs`))
  expect(flags.map(([, { sideEffects }]) => sideEffects)).toEqual([['./require/*.cjs'], ['./require/*.cjs']])
})
