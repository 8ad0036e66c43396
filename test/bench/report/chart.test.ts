import { expect, test } from 'vitest'
import { draw } from './chart.ts'
import { chartsOf } from './charts.ts'
import { invented } from './invented.ts'

const charts = chartsOf(invented().series)

test('The fastest comes first, in each framework', () => {
  expect(charts.http.groups.map((group) => group.map(({ label }) => label).slice(0, 2))).toEqual([
    ['Express 5 bare', 'Express 5 + Tollgate'],
    ['Koa 3 bare', 'Koa 3 + Tollgate'],
    ['Fastify 5 bare', 'Fastify 5 + Tollgate'],
  ])
  expect(charts.warm.groups[0]?.map(({ label }) => label).slice(0, 2)).toEqual(['tollgate', 'fast-jwt, cache on'])
})

test('Ours stand out, and floors stand back', () => {
  const kinds = Object.fromEntries(
    [...charts.http.groups.flat(), ...charts.cold.groups.flat()].map((bar) => [bar.label, bar.kind]),
  )
  expect(kinds).toMatchObject({
    'Koa 3 bare': 'floor',
    'Koa 3 + Tollgate': 'ours',
    'Koa 3 + koa-jwt': 'peer',
    'node:crypto verify, synchronous': 'floor',
    'tollgate, remembering nothing': 'ours',
    jose: 'peer',
  })
})

test('Nobody is drawn who is unknown', () => {
  const series = invented().series.map((one) => ({ ...one, contender: one.contender.replace('koa-jwt', 'somebody') }))
  expect(() => chartsOf(series)).toThrow('Nobody is called Koa 3 + somebody')
})

test('A chart is a white SVG with every label whole, the same each time', async () => {
  const svg = await draw(charts.http)
  expect(svg).toMatch(/^<svg [^>]*width="800"/)
  expect(svg).toContain('fill="white"')
  for (const { label, shown } of charts.http.groups.flat()) {
    expect(svg).toContain(`>${label}</text>`)
    expect(svg).toContain(`>${shown}</text>`)
  }
  expect(await draw(charts.http)).toBe(svg)
})

test('A logarithmic scale is used where bars differ too much, and said so', async () => {
  const bar = (label: string, value: number) => ({ label, value, shown: `${value}`, kind: 'peer' }) as const
  const chart = { title: 'Invented', subtitle: 'µs', groups: [[bar('one', 2), bar('other', 3700)]] }
  expect(await draw(chart)).toContain('logarithmic scale')
  expect(await draw(charts.warm)).not.toContain('logarithmic scale')
})
