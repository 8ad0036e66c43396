/** Builds the reference of all packages into `html/`. Any warning of TypeDoc fails the build. `--check` writes no pages. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Application, type DeclarationReflection, LogLevel, type ProjectReflection } from 'typedoc'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { values: flags } = parseArgs({ options: { check: { type: 'boolean', default: false } } })

const names = entryPoints()
const application = await createApplication()
const project = await application.convert()
if (project !== undefined) {
  nameModules(project)
  application.validate(project)
  warnOfUndocumented(project)
  if (!flags.check) {
    await application.generateOutputs(project)
  }
}
const { errorCount, warningCount } = application.logger
console.log(`${names.size} entry points, ${errorCount} errors, ${warningCount} warnings`)
process.exitCode = project === undefined || errorCount + warningCount > 0 ? 1 : 0

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string>>
}

/** The file of each entry point, and the name that an application imports. */
function entryPoints(): ReadonlyMap<string, string> {
  const manifests = globSync('packages/*/package.json', { cwd: root }).toSorted()
  const entries = manifests.flatMap((path) => {
    const { name, exports } = JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest
    return Object.entries(exports)
      .filter(([, source]) => source.endsWith('.ts'))
      .map(([subpath, source]) => [join(root, dirname(path), source), name + subpath.slice(1)] as const)
  })
  return new Map(entries)
}

function createApplication(): Promise<Application> {
  return Application.bootstrap({
    name: 'Tollgate',
    entryPoints: [...names.keys()],
    tsconfig: join(import.meta.dirname, 'tsconfig.json'),
    out: join(import.meta.dirname, 'html'),
    readme: 'none',
    basePath: root,
    disableGit: true,
    sourceLinkTemplate: 'https://github.com/tollgate-auth/tollgate/blob/main/{path}#L{line}',
    logLevel: LogLevel.Warn,
    excludeExternals: true,
    excludePrivate: true,
    validation: { notExported: true, invalidLink: true, rewrittenLink: true, unusedMergeModuleWith: true },
  })
}

/** TypeDoc names a module by its file. A reader looks for the name to import. */
function nameModules({ children = [] }: ProjectReflection): void {
  for (const module of children) {
    const file = module.sources?.[0]?.fullFileName ?? ''
    module.name = names.get(file) ?? module.name
  }
}

/** Every export has a docstring. A member has one only if its name and type do not say everything. */
function warnOfUndocumented({ children: modules = [] }: ProjectReflection): void {
  for (const { name, children = [] } of modules) {
    for (const reflection of children.filter((child) => !isDocumented(child))) {
      application.logger.warn(`${name}: ${reflection.name} has no docstring`)
    }
  }
}

function isDocumented(reflection: DeclarationReflection): boolean {
  const signatures = reflection.getAllSignatures()
  return reflection.isReference() || [reflection, ...signatures].some((one) => one.hasComment())
}
