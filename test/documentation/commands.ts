/** Checks the commands in the documentation. It reads them as a shell does, and runs none of them. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { forEachChild, parse, type SyntaxNode } from 'unbash'
import { parse as parseYaml } from 'yaml'
import { files, read, root } from './files.ts'

const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> }
const { catalog } = parseYaml(read('pnpm-workspace.yaml')) as { catalog: Readonly<Record<string, string>> }
const own = new Set(
  files('packages/*/package.json').map((path) => (JSON.parse(read(path)) as { readonly name: string }).name),
)

/** The words of `pnpm` itself that the documentation uses. */
const pnpmCommands = new Set(['-r', 'add', 'install', 'publish'])
const commandsOfCli = new Set(['decode', 'doctor', 'explain'])
const programs = new Set(['cd', 'curl', 'docker', 'echo', 'export', 'git', 'openssl', 'pbpaste', 'printf', 'vitest'])

/** Returns the faults of a script: wrong syntax, and commands, packages and files that do not exist. */
export function scriptFaults(script: string): readonly string[] {
  const { errors = [], ...tree } = parse(script)
  const commands: string[][] = []
  const visit = (node: SyntaxNode): void => {
    if (node.type === 'Command') {
      commands.push([
        node.name?.value ?? '',
        ...node.suffix.flatMap((word) => (word.type === 'Word' ? [word.value] : [])),
      ])
    }
    forEachChild(node, visit)
  }
  visit(tree)
  return [...errors.map(({ message }) => message), ...commands.flatMap(commandFaults)]
}

/** Whether a code span is a command, and not the name of one. */
export function isCommand(span: string): boolean {
  return /^(npm|npx|pnpm|node) [^=:]/.test(span)
}

function commandFaults([name = '', ...words]: readonly string[]): readonly string[] {
  const [first = '', ...rest] = words.filter((word) => word !== '-y')
  switch (name) {
    case '':
      return []
    case 'npx':
      return first.startsWith('pnpm@') ? pnpmFaults(rest) : executableFaults(first, rest)
    case 'pnpm':
      return pnpmFaults([first, ...rest])
    case 'npm':
      return npmFaults(first, rest)
    case 'tollgate':
      return executableFaults('@tollgate/cli', [first, ...rest])
    case 'node':
      return words.filter((word) => isMissing(word)).map((word) => `no file ${word}`)
    default:
      return programs.has(name) ? [] : [`no program ${name}`]
  }
}

function pnpmFaults([first = '', ...rest]: readonly string[]): readonly string[] {
  if (first === '--filter') {
    return filterFaults(rest)
  }
  if (first === 'exec') {
    return commandFaults(rest)
  }
  const [second = ''] = rest
  const name = first === 'run' ? second : first
  return Object.hasOwn(scripts, name) || pnpmCommands.has(first) ? [] : [`no script ${name}`]
}

/** `--filter` runs a script of one example. */
function filterFaults([example = '', script = '']: readonly string[]): readonly string[] {
  const path = `examples/${example}/package.json`
  const manifest = existsSync(join(root, path)) ? (JSON.parse(read(path)) as { readonly scripts?: object }) : {}
  return Object.hasOwn(manifest.scripts ?? {}, script) ? [] : [`no script ${script} of ${example}`]
}

function npmFaults(command: string, words: readonly string[]): readonly string[] {
  if (['init', 'pkg', 'publish', 'test'].includes(command)) {
    return []
  }
  if (command !== 'install') {
    return [`no command npm ${command}`]
  }
  const packages = words.filter((word) => !word.startsWith('-') && !word.endsWith('.tgz'))
  return packages.flatMap(packageFaults)
}

function executableFaults(name: string, [command = '']: readonly string[]): readonly string[] {
  const isUnknown = name === '@tollgate/cli' && !command.startsWith('-') && !commandsOfCli.has(command)
  return [...packageFaults(name), ...(isUnknown ? [`no command ${command} of ${name}`] : [])]
}

/** We know our own packages, and those of the catalog. */
function packageFaults(word: string): readonly string[] {
  const name = word.replace(/(?<=.)@[^/]*$/, '')
  return own.has(name) || Object.hasOwn(catalog, name) ? [] : [`no package ${name}`]
}

/** A path in this workspace. Other files belong to the application. */
function isMissing(word: string): boolean {
  return /^(docs|examples|packages|test)\//.test(word) && !existsSync(join(root, word))
}
