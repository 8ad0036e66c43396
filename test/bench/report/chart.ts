import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import type { Kind } from './kinds.ts'

/** A bar, and what is written at its end. */
export interface Bar {
  readonly label: string
  readonly value: number
  readonly shown: string
  /** Ours stand out, and floors stand back. */
  readonly kind: Kind
}

/** Horizontal bars, in groups with a gap between them, in the order given. */
export interface Chart {
  readonly title: string
  readonly subtitle: string
  readonly groups: readonly (readonly Bar[])[]
}

/** Draws a chart as SVG that can be read on white and on black pages. */
export async function draw(chart: Chart): Promise<string> {
  const view = new View(parse(compile(specificationOf(chart)).spec), { renderer: 'none' })
  const svg = await view.toSVG()
  view.finalize()
  return `${svg}\n`
}

/** Where bars differ by more, a linear scale would show only the longest. */
const widestLinear = 150

/** In pixels; a character of a label has at most so many in common system fonts. */
const sizes = { whole: 800, values: 64, step: 22, title: 64, character: 7 }

const colours = { ours: '#0969da', peer: '#8c959f', floor: '#d0d7de', text: '#1f2328', quiet: '#59636e' }

function specificationOf({ title, subtitle, groups: all }: Chart): TopLevelSpec {
  const groups = all.filter((group) => group.length > 0)
  const bars = groups.flat()
  const lines = groups.flatMap((group, index) => [
    ...(index === 0 ? [] : [' '.repeat(index)]),
    ...group.map(({ label }) => label),
  ])
  const values = bars.map(({ value }) => value)
  const isLogarithmic = Math.max(...values) / Math.min(...values) > widestLinear
  const space = 16 + sizes.character * Math.max(...lines.map((line) => line.length))
  const start = isLogarithmic ? 10 ** Math.floor(Math.log10(Math.min(...values))) : 0
  const y = { field: 'label', type: 'nominal', scale: { domain: lines, paddingInner: 0.25 }, axis: labels } as const
  const scale = { type: isLogarithmic ? 'log' : 'linear', domainMin: start, nice: false } as const
  const x = { field: 'value', type: 'quantitative', scale, axis: null } as const
  return {
    data: { values: [...bars] },
    width: sizes.whole - space - sizes.values,
    height: lines.length * sizes.step,
    autosize: { type: 'none' },
    padding: { left: space, right: sizes.values, top: sizes.title, bottom: 12 },
    background: 'white',
    title: {
      ...titles,
      text: title,
      subtitle: isLogarithmic ? `${subtitle} (logarithmic scale)` : subtitle,
      dx: 8 - space,
    },
    layer: [
      { mark: { type: 'bar', cornerRadiusEnd: 2 }, encoding: { y, x, x2: { datum: start }, color: colour } },
      {
        mark: { type: 'text', align: 'left', dx: 6, fontSize: 12, color: colours.text },
        encoding: { y, x, text: { field: 'shown' } },
      },
    ],
    config: { font: 'system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif', view: { stroke: null } },
  }
}

const labels = {
  title: null,
  ticks: false,
  domain: false,
  labelPadding: 8,
  labelFontSize: 12,
  labelColor: colours.text,
  labelLimit: 0,
} as const

const colour = {
  field: 'kind',
  type: 'nominal',
  legend: null,
  scale: { domain: ['ours', 'peer', 'floor'], range: [colours.ours, colours.peer, colours.floor] },
} as const

const titles = {
  anchor: 'start',
  frame: 'group',
  offset: 16,
  fontSize: 15,
  color: colours.text,
  subtitleFontSize: 12,
  subtitleColor: colours.quiet,
  subtitlePadding: 4,
} as const
