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

/** Without indentation: an example may show a block inside a function. */
function flat(code: string): string {
  return code.replaceAll(/^\s+/gm, '').trim()
}

const pages = [...files('*.md'), ...files('docs/*.md'), ...files('packages/*/README.md')]

describe.each(pages)('%s', (page) => {
  const text = read(page)

  test('shows only code that an example runs', () => {
    const examples = files('examples/**/*.{ts,cts,cjs}').map((file) => flat(read(file)))
    const shown = [...text.matchAll(/^```(?:ts|js)\n(.*?)^```/gms)].map(([, code = '']) => flat(code))
    expect(shown.filter((code) => !examples.some((example) => example.includes(code)))).toEqual([])
  })

  test('names only commands that there are', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const own = new Set(['install', 'exec', 'add', '-r'])
    const named = [...text.matchAll(/npx -y pnpm@12 (?:run )?([\w:-]+)/g)].map(([, command = '']) => command)
    expect(named.filter((command) => !Object.hasOwn(scripts, command) && !own.has(command))).toEqual([])
  })

  test('links only to files that there are', () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link)
    const folder = page.replace(/[^/]*$/, '')
    expect(links.filter((link) => globSync(`${root}/${folder}${link}`).length === 0)).toEqual([])
  })
})

test('the table of reasons is complete', () => {
  expect(refusalReasons.filter((reason) => !read('docs/reasons.md').includes(`\`${reason}\``))).toEqual([])
})

describe('examples', () => {
  test.each(files('examples/*/check.ts'))('%s holds', async (check) => {
    await expect(promisify(execFile)(process.execPath, [`${root}/${check}`])).resolves.toMatchObject({ stderr: '' })
  })
})
