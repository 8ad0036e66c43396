import { describe, expect, test } from 'vitest'
import { isCommand, scriptFaults } from './commands.ts'
import { read } from './files.ts'
import { externalLinks, linkFault } from './links.ts'
import { pages } from './pages.ts'
import { parsePage } from './parse-page.ts'
import { blockFaults } from './snippets.ts'

describe.each(pages)('$path', (page) => {
  test('links only to existing pages, files and headings, and to plain https: URLs', () => {
    const faults = page.links.map((link) => ({ link, fault: linkFault(page, link) }))
    expect(faults.filter(({ fault }) => fault !== undefined)).toEqual([])
  })

  test('shows only code of an example, valid documents, and existing commands', () => {
    const faults = page.blocks.map((block) => ({ ...block, faults: blockFaults(block) }))
    expect(faults.filter((block) => block.faults.length > 0)).toEqual([])
  })

  test('names only existing commands in its sentences', () => {
    expect(page.spans.filter((span) => isCommand(span) && scriptFaults(span).length > 0)).toEqual([])
  })
})

// CI has no network. This list shows a reviewer which pages of others a change links to.
test('external-links.txt lists the external links; `npx -y pnpm@12 generate` writes it', () => {
  expect(read('test/documentation/external-links.txt').trim().split('\n')).toEqual(externalLinks())
})

test.each([
  ['a missing file', '[a](nowhere.md)', 'no such file'],
  ['a missing heading', '[a](#two)', 'no such anchor'],
  ['a missing heading of another page', '[a](docs/reasons.md#nothing)', 'no such anchor'],
  ['a heading that is repeated', '# One\n# One\n[a](#one-1)', undefined],
  ['a heading with code', '## The `iss` claim\n[a](#the-iss-claim)', undefined],
  ['a file of another folder', '[a](../../etc/passwd)', 'no such file'],
  ['a definition', '[a][b]\n\n[b]: nowhere.md', 'no such file'],
  ['an image', '![a](nowhere.png)', 'no such file'],
  ['a URL of http:', '[a](http://example.com/)', 'no https: URL'],
  ['a URL without a host', '[a](https://)', 'no https: URL'],
  ['a URL with a space', '[a](<https://example.com/a b>)', 'not written as browsers do'],
  ['a link that is no code', '`[a](nowhere.md)`', undefined],
])('%s is checked', (_name, text, fault) => {
  const page = parsePage('README.md', text)
  expect(page.links.map((link) => linkFault(page, link)).find((found) => found !== undefined)).toBe(fault)
})

test.each([
  ['sh', 'npx -y pnpm@12 demo', true],
  ['sh', 'npx -y pnpm@12 run demo && echo "done"', true],
  ['sh', 'npx -y pnpm@12 demos', false],
  ['sh', 'npx -y pnpm@12 --filter fleet start', true],
  ['sh', 'npx -y pnpm@12 --filter fleet stop', false],
  ['sh', 'npx -y pnpm@12 --filter fleets start', false],
  ['sh', 'npm install --save-dev @tollgate/core express@5', true],
  ['sh', 'npm install @tollgate/kora', false],
  ['sh', 'node examples/demo/main.ts', true],
  ['sh', 'node examples/demo/nowhere.ts', false],
  ['sh', 'curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:3000', true],
  ['sh', 'curl "http://127.0.0.1', false],
  ['sh', 'frobnicate', false],
  ['json', '{ "a": 1 }\n{ "b": 2 }', true],
  ['json', '{ a: 1 }', false],
  ['yaml', 'a: [1, 2]', true],
  ['yaml', 'a: [1, 2', false],
  ['ts', 'const neverWritten = 1', false],
  ['cobol', 'STOP RUN', false],
])('a block of %s is checked: %s', (language, code, isRight) => {
  expect(blockFaults({ language, code }).length === 0).toBe(isRight)
})
