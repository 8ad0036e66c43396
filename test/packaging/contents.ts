import type { Manifest, Tarball } from './pack.ts'

const required = ['package.json', 'LICENSE', 'dist/index.js', 'dist/index.d.ts']
const unwanted = /\.tsbuildinfo$|(^|\/)(node_modules|tests?)$|[.-]test\.[^/]+$/

/** The faults of a tarball that publint and attw do not report. They check that the exported files exist. */
export async function contentProblems({ manifest, files }: Tarball): Promise<readonly string[]> {
  return [
    ...required.filter((path) => !files.includes(path)).map((path) => `${path} is missing`),
    ...files.filter((path) => unwanted.test(path)).map((path) => `${path} does not belong there`),
    ...manifestProblems(manifest),
    ...unevenModules(files),
  ]
}

function manifestProblems(manifest: Manifest): readonly string[] {
  const targets = targetsOf(manifest.exports).filter((target) => target !== './package.json')
  const protocols = JSON.stringify(manifest).match(/"(workspace|catalog):[^"]*"/g) ?? []
  return [
    ...(targets.length === 0 ? ['package.json exports nothing'] : []),
    ...targets
      .filter((target) => !/^\.\/(?:dist|require)\//.test(target))
      .map((target) => `exports ${target}, not built`),
    ...protocols.map((protocol) => `package.json still says ${protocol}`),
  ]
}

function targetsOf(exports: unknown): readonly string[] {
  if (typeof exports === 'object' && exports !== null) {
    return Object.values(exports).flatMap(targetsOf)
  }
  return typeof exports === 'string' ? [exports] : []
}

/**
 * A failed build may leave out declarations. No build removes the files of a deleted module from dist. The sources count as well,
 * because the source maps point at them.
 */
function unevenModules(files: readonly string[]): readonly string[] {
  const modules = files.flatMap((path) => /^(?:dist|src)\/(.+?)(?:\.js|\.d\.ts|\.ts)$/.exec(path)?.[1] ?? [])
  const expected = [...new Set(modules)].flatMap((name) => [`dist/${name}.js`, `dist/${name}.d.ts`, `src/${name}.ts`])
  return expected
    .filter((path) => !files.includes(path) && !required.includes(path))
    .map((path) => `${path} is missing beside its counterparts`)
}
