import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

const packages = new URL('../packages', import.meta.url).pathname

/** The layers of the core, from the top: a file imports from its own layer and from those below. */
const layers: readonly RegExp[] = [
  /^(index|adapter|contract)\.ts$/,
  /^(protect|protection|gate|notes)\.ts$/,
  /^(validator|judging|options|answering|claims-schema|credentials|form-body|upkeep)\.ts$/,
  /^(issuers|constraints|guards)\//,
  /^(keys|metadata|cache)\//,
  /^http\//,
  /^(http-request|node-request|preflight|refusal|unavailable|answer|standard-schema|access-token|judged-token|soon|diagnostics|messages|challenge|clock|duration|in-time|invalid-option|json|record)\.ts$/,
]

function layerOf(file: string): number {
  return layers.findIndex((layer) => layer.test(file))
}

function importsOf(file: string): readonly string[] {
  return [...readFileSync(file, 'utf8').matchAll(/ from '([^']+)'/g)].map(([, name = '']) => name)
}

test('every file of the core belongs to a layer, and imports go down', () => {
  const root = join(packages, 'core/src')
  const files = globSync('**/*.ts', { cwd: root })
  expect(files.filter((file) => layerOf(file) < 0)).toEqual([])
  const upward = files.flatMap((file) =>
    importsOf(join(root, file))
      .filter((name) => name.startsWith('.'))
      .map((name) => relative(root, join(root, dirname(file), name)))
      .filter((imported) => layerOf(imported) < layerOf(file))
      .map((imported) => `${file} -> ${imported}`),
  )
  expect(upward).toEqual([])
})

test('adapters know the core and their framework; the core knows its three libraries; nobody knows the mock issuer', () => {
  const allowed: Readonly<Record<string, readonly string[]>> = {
    core: ['jose', 'lru-cache', 'undici'],
    express: ['@tollgate/core', '@tollgate/core/adapter'],
    koa: ['@tollgate/core', '@tollgate/core/adapter', 'koa'],
    fastify: ['@tollgate/core', '@tollgate/core/adapter', 'fastify', 'fastify-plugin'],
    'mock-issuer': ['jose', 'undici'],
    opentelemetry: ['@tollgate/core', '@tollgate/core/adapter', '@opentelemetry/api'],
  }
  for (const [name, libraries] of Object.entries(allowed)) {
    const files = globSync(`${name}/src/**/*.ts`, { cwd: packages })
    const imported = files.flatMap((file) => importsOf(join(packages, file)))
    const foreign = imported.filter(
      (library) => !library.startsWith('.') && !library.startsWith('node:') && !libraries.includes(library),
    )
    expect(foreign, name).toEqual([])
  }
})
