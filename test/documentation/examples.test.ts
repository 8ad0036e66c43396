import { basename, dirname } from 'node:path'
import { expect, test } from 'vitest'
import { files, read } from './files.ts'
import { parsePage } from './parse-page.ts'

const { links, spans } = parsePage('examples/README.md', read('examples/README.md'))
const linked = links.filter((link) => !link.includes('/'))

test('examples/README.md has one row for each example, in the order of their names', () => {
  const folders = files('examples/*/package.json').map((path) => basename(dirname(path)))
  const groups = files('examples/*/*/package.json').map((path) => path.split('/')[1] ?? '')
  expect(linked).toEqual([...new Set([...folders, ...groups])].toSorted())
})

test('every row has a command that runs its example', () => {
  const commands = spans.filter((span) => span.startsWith('npx '))
  const unnamed = linked.filter((folder, row) => !new RegExp(`\\b${folder}\\b`).test(commands[row] ?? ''))
  expect([commands.length, unnamed]).toEqual([linked.length, []])
})
