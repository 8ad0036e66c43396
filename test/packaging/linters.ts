import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import type { Tarball } from './pack.ts'
import { complaints, run } from './run.ts'

/** All messages of publint, suggestions included. */
export async function publintProblems({ archive }: Tarball): Promise<readonly string[]> {
  const tarball = Uint8Array.from(await readFile(archive)).buffer
  const { messages, pkg } = await publint({ pack: { tarball }, level: 'suggestion', strict: true })
  return messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code)
}

interface AttwProblem {
  readonly kind?: string
  readonly resolutionKind?: string
}

interface AttwReport {
  readonly analysis: { readonly types: false } | { readonly types: object; readonly problems: readonly AttwProblem[] }
}

/** The parts outside of `esm-only`: Node 10, and `require` of ESM, which every supported Node can load. */
const outsideProfile = new Set(['node10', 'node16-cjs'])

/**
 * attw reads `module.exports = require(…)` as one value without `default`. In fact it is the module that the declarations
 * describe. The consumer of Fastify uses its `default`.
 */
const ignored = ['--ignore-rules', 'false-export-default']

/** The problems that attw finds. Its exit code is not enough, because it is 0 for a package without types. */
export async function attwProblems({ archive }: Tarball): Promise<readonly string[]> {
  const cli = join(dirname(fileURLToPath(import.meta.resolve('@arethetypeswrong/cli/package.json'))), 'dist/index.js')
  const args = [cli, archive, '--profile', 'esm-only', '--format', 'json', ...ignored]
  const ended = await run(process.execPath, args, dirname(archive))
  if (ended.code !== 0 && !ended.stdout.startsWith('{')) {
    return complaints(ended, /^error/)
  }
  const { analysis } = JSON.parse(ended.stdout) as AttwReport
  if (analysis.types === false) {
    return ['no types']
  }
  const found = analysis.problems
    .filter(
      ({ kind = '', resolutionKind = '' }) => !outsideProfile.has(resolutionKind) && kind !== 'FalseExportDefault',
    )
    .map(inWords)
  return found.length > 0 ? found : complaints(ended, /^error/)
}

function inWords(problem: object): string {
  return Object.values(problem)
    .filter((value) => typeof value === 'string')
    .join(' ')
}
