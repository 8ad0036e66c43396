import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { requirements } from './requirements.ts'

const citation = /^verifies\(\s*(\[[^\]]*\]|'[^']*')/gm

function citedIds(): readonly string[] {
  const files = globSync('**/*.test.ts', { cwd: import.meta.dirname, exclude: ['node_modules'] })
  const sources = files.map((file) => readFileSync(`${import.meta.dirname}/${file}`, 'utf8'))
  const citations = sources.flatMap((source) => [...source.matchAll(citation)].map(([, ids = '']) => ids))
  return citations.flatMap((ids) => [...ids.matchAll(/'([^']*)'/g)].map(([, id = '']) => id))
}

test('every requirement is cited by a test', () => {
  const cited = new Set(citedIds())
  expect(Object.keys(requirements).filter((id) => !cited.has(id))).toEqual([])
})

test('every citation names a requirement', () => {
  expect(citedIds().filter((id) => !Object.hasOwn(requirements, id))).toEqual([])
})
