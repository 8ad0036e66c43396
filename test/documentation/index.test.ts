import { join } from 'node:path'
import { expect, test } from 'vitest'
import { read } from './files.ts'
import { pages } from './pages.ts'

const linked = (path: string): ReadonlySet<string> => {
  const links = pages.find((page) => page.path === path)?.links ?? []
  return new Set(links.map((link) => join(path, '..', link.replace(/#.*/, ''))))
}

test('the README has under 200 lines', () => {
  expect(read('README.md').split('\n').length).toBeLessThan(200)
})

test('the third paragraph of the README describes explain', () => {
  const [, , , third] = read('README.md').split('\n\n')
  expect(third).toContain('explain')
})

test('docs/README.md links to every page of the documentation', () => {
  const index = linked('docs/README.md')
  const missing = pages.map(({ path }) => path).filter((path) => path.startsWith('docs/') && !index.has(path))
  expect(missing).toEqual(['docs/README.md'])
})

test.each(['issuers', 'moving'])('docs/%s/README.md links to every page of its folder', (folder) => {
  const index = `docs/${folder}/README.md`
  const inFolder = pages.map(({ path }) => path).filter((path) => path.startsWith(`docs/${folder}/`))
  expect(inFolder.filter((path) => !linked(index).has(path))).toEqual([index])
})

const words =
  'Auth0 CORS ElastiCache GraphQL Jest Lambda NestJS Next.js Redis Sentinel Socket.IO Valkey cookie debug introspection ' +
  'logout migration proxy session tRPC'

test.each(words.split(' '))('the index finds a page for "%s", and the page has the word', (word) => {
  const rows = read('docs/README.md')
    .split('\n')
    .filter((line) => line.includes(word))
  const targets = rows.flatMap((row) => [...row.matchAll(/\]\(([^)#]+)/g)].map(([, link = '']) => join('docs', link)))
  expect(targets.filter((path) => read(path).toLowerCase().includes(word.toLowerCase()))).not.toEqual([])
})
