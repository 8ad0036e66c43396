import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { files, read, root } from './files.ts'
import { withReasons } from './reasons/page.ts'

test('docs/reasons.md is up to date; `npx -y pnpm@12 generate` writes it', () => {
  const page = read('docs/reasons.md')
  expect(withReasons(page)).toBe(page)
})

/** These checks replace `console`, or the listeners of the process. */
const alone = ['examples/diagnostics/check.ts', 'examples/pino/check.ts']
const together = files('examples/*/check.ts').filter((check) => !alone.includes(check))
const importAll = 'for (const check of process.argv.slice(1)) await import(check)'

// A process starts slowly on a busy machine. The stack on stderr names the check that fails.
test.each([together, ...alone.map((check) => [check])].map((checks) => [checks]))('%j pass', async (checks) => {
  const paths = checks.map((check) => `${root}${check}`)
  const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', importAll, ...paths])
  expect(stderr).toBe('')
})
