/** The parts of every published package.json that publint and attw do not check, and the pending changesets. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const root = new URL('../..', import.meta.url).pathname
const repository = 'https://github.com/tollgate-auth/tollgate'

type Ranges = Readonly<Record<string, string>>

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly version: string
  readonly engines: Ranges
  readonly dependencies?: Ranges
  readonly devDependencies?: Ranges
  readonly peerDependencies?: Ranges
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

function readManifest(path: string): Manifest {
  return JSON.parse(read(path)) as Manifest
}

const manifests = globSync('packages/*/package.json', { cwd: root })
  .toSorted()
  .map((path) => ({ folder: basename(join(path, '..')), manifest: readManifest(path) }))
  .filter(({ manifest }) => manifest.private !== true)
const packages = manifests.map(({ manifest }) => manifest.name)

/** The names and kinds of release in the front matter of each changeset. */
const changesets = globSync('.changeset/*.md', { cwd: root, exclude: ['**/README.md'] }).map((path) => {
  const [, frontMatter = '', summary = ''] = /^---\n([^]*?)---\n([^]*)$/.exec(read(path)) ?? []
  return { path, releases: (parse(frontMatter) ?? {}) as Ranges, summary: summary.trim() }
})

test('the packages are found', () => {
  expect(packages).toContain('@tollgate/core')
})

describe.each(manifests)('$manifest.name', ({ folder, manifest }) => {
  test('its package.json names the repository, the folder, the home page, the issue tracker and the author', () => {
    expect(manifest).toMatchObject({
      author: 'The Tollgate authors',
      license: 'MIT',
      homepage: `${repository}/tree/main/packages/${folder}#readme`,
      bugs: { url: `${repository}/issues` },
      repository: { type: 'git', url: `git+${repository}.git`, directory: `packages/${folder}` },
      description: expect.stringMatching(/\w/),
      keywords: expect.arrayContaining(['oauth2']),
    })
  })

  test('it has the version of the core, and needs the Node of the workspace', () => {
    const { version } = readManifest('packages/core/package.json')
    const { engines } = readManifest('package.json')
    expect(manifest).toMatchObject({ version, engines })
  })

  test('its dependencies have the versions of the catalog, and those of this workspace follow its version', () => {
    const ranges = { ...manifest.dependencies, ...manifest.devDependencies }
    const wrong = Object.entries(ranges).filter(
      ([name, range]) => range !== (name.startsWith('@tollgate/') ? 'workspace:^' : 'catalog:'),
    )
    expect(wrong).toEqual([])
  })

  test('it has a README, and its changes are in a change log or in a changeset', () => {
    const hasChanges =
      existsSync(join(root, 'packages', folder, 'CHANGELOG.md')) ||
      changesets.some(({ releases }) => Object.hasOwn(releases, manifest.name))
    expect([existsSync(join(root, 'packages', folder, 'README.md')), hasChanges]).toEqual([true, true])
  })
})

test('a library that several packages take from the application has one range', () => {
  const ranges = manifests.flatMap(({ manifest }) => Object.entries(manifest.peerDependencies ?? {}))
  const byName = Map.groupBy(ranges, ([name]) => name)
  const uneven = [...byName].filter(([, entries]) => new Set(entries.map(([, range]) => range)).size > 1)
  expect(uneven).toEqual([])
})

test('every changeset has a summary, and names published packages with a kind of release', () => {
  const wrong = changesets.filter(
    ({ releases, summary }) =>
      summary === '' ||
      Object.entries(releases).some(
        ([name, kind]) => !packages.includes(name) || !['patch', 'minor', 'major'].includes(kind),
      ),
  )
  expect(wrong).toEqual([])
})
