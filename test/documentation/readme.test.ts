import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { refusalReasons } from '@tollgate/core'

const root = new URL('../..', import.meta.url).pathname

function files(pattern: string): readonly string[] {
  return globSync(pattern, { cwd: root, exclude: ['**/node_modules/**'] })
}

function read(file: string): string {
  return readFileSync(`${root}/${file}`, 'utf8')
}

/** Removes indentation, because an example can show a block inside a function. */
function flat(code: string): string {
  return code.replaceAll(/^\s+/gm, '').trim()
}

const pages = [...files('*.md'), ...files('docs/**/*.md'), ...files('packages/*/README.md')]

describe.each(pages)('%s', (page) => {
  const text = read(page)

  test('shows only code of an example', () => {
    const examples = files('examples/**/*.{ts,cts,cjs}').map((file) => flat(read(file)))
    const shown = [...text.matchAll(/^```(?:ts|js)\n(.*?)^```/gms)].map(([, code = '']) => flat(code))
    expect(shown.filter((code) => !examples.some((example) => example.includes(code)))).toEqual([])
  })

  test('names only existing commands', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const own = new Set(['install', 'exec', 'add', '-r'])
    const named = [...text.matchAll(/npx -y pnpm@12 (?:run )?([\w:-]+)/g)].map(([, command = '']) => command)
    expect(named.filter((command) => !Object.hasOwn(scripts, command) && !own.has(command))).toEqual([])
  })

  test('links only to existing files', () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link)
    const folder = page.replace(/[^/]*$/, '')
    expect(links.filter((link) => globSync(`${root}/${folder}${link}`).length === 0)).toEqual([])
  })
})

test('docs/reasons.md names every reason of a refusal', () => {
  expect(refusalReasons.filter((reason) => !read('docs/reasons.md').includes(`\`${reason}\``))).toEqual([])
})

/** These checks replace `console`, or the listeners of the process. */
const alone = ['examples/diagnostics/check.ts', 'examples/pino/check.ts']
const together = files('examples/*/check.ts')
  .toSorted()
  .filter((check) => !alone.includes(check))
const importAll = 'for (const check of process.argv.slice(1)) await import(check)'

// A process starts slowly on a busy machine. The stack on stderr names the check that fails.
test.each([together, ...alone.map((check) => [check])].map((checks) => [checks]))('%j pass', async (checks) => {
  const paths = checks.map((check) => `${root}${check}`)
  const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', importAll, ...paths])
  expect(stderr).toBe('')
})
