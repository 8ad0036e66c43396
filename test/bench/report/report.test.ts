import { expect, test } from 'vitest'
import { floors } from '../floors.ts'
import { judge } from '../measure/judge.ts'
import { documentOf } from './document.ts'
import { invented } from './invented.ts'
import { between } from './markers.ts'
import { readmeOf } from './readme.ts'
import { formatted } from './results.ts'
import { sectionOf } from './sections.ts'

const cells = (text: string, ...row: readonly string[]): boolean =>
  text.split('\n').some((line) => row.every((cell, index) => line.split('|')[index + 1]?.trim() === cell))

test('The README compares each framework bare, behind Tollgate, and behind the fastest peer', () => {
  const readme = readmeOf(invented())
  const express = ['Express 5', '24,300', '21,800', '**0.90**', 'express-oauth2-jwt-bearer', '10,200', '0.42']
  expect(cells(readme, ...express)).toBe(true)
  expect(cells(readme, 'tollgate', '2.10', '36.1')).toBe(true)
  expect(readme).toContain('`npx -y pnpm@12 bench` on 2026-11-25: Node 26.10.0, 2 cores of Invented Processor')
})

test('The document has each suite and each floor', () => {
  const document = documentOf(invented())
  expect(cells(document, 'jose', '31.9', '1.22')).toBe(true)
  expect(cells(document, 'Koa 3 + Tollgate', '41,200', '0.82', '1.55', '4.61', '21.8')).toBe(true)
  expect(cells(document, 'oauth4webapi', '3,410', '10,000', '1,000')).toBe(true)
  expect(cells(document, '10,000 issuers', '2.20 µs', '1.05')).toBe(true)
  expect(cells(document, 'memory per remembered verdict', 'tollgate', '1,220 bytes')).toBe(true)
  expect(floors.every(({ demand }) => document.includes(demand))).toBe(true)
})

test('A cell is empty where nothing was measured', () => {
  const series = invented().series.filter(
    ({ setting, contender }) => setting !== 'Koa warm, p50' || !/bare/.test(contender),
  )
  expect(cells(sectionOf('http', series), 'Koa 3 bare', '50,400', '1.00', '', '3.77')).toBe(true)
})

test('The names in floors are those of the suites', () => {
  const lacking = judge(floors, invented().series).filter(({ verdict }) => verdict === 'not measured')
  expect(lacking.every(({ floor }) => /express-jwt|passport-jwt/.test(floor.demand))).toBe(true)
})

test('What is written is what the formatter of the repository would write', async () => {
  for (const contentOf of [readmeOf, documentOf]) {
    const page = between('a page', '# A page\n\n<!-- bench:begin -->\n<!-- bench:end -->\n', contentOf(invented()))
    expect(await formatted('page.md', page)).toBe(page)
  }
})

test('Only what is between the markers is replaced, as often as one likes', () => {
  const page = 'before\n\n<!-- bench:begin -->\n\nold\n\n<!-- bench:end -->\n\nafter\n'
  const replaced = between('README.md', page, 'new')
  expect(replaced).toBe('before\n\n<!-- bench:begin -->\n\nnew\n\n<!-- bench:end -->\n\nafter\n')
  expect(between('README.md', replaced, 'new')).toBe(replaced)
})

test.each([
  '',
  '<!-- bench:begin -->',
  '<!-- bench:end --><!-- bench:begin -->',
  '<!-- bench:begin --><!-- bench:begin --><!-- bench:end -->',
])('Markers that are not there, or not so, are told of: %s', (page) => {
  expect(() => between('README.md', page, 'new')).toThrow(
    'README.md needs the comments <!-- bench:begin --> and, after it, <!-- bench:end -->',
  )
})
