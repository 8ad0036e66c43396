import { markdownTable } from 'markdown-table'
import { estimate, ratio, type Series } from '../measure/series.ts'
import { digits, quotient } from './numbers.ts'

/** A column of a table: its title, and what it says of a contender. */
export interface Column {
  readonly title: string
  readonly cell: (contender: string) => string
}

/** A table with a row for each contender; figures are aligned at the right. */
export function table(title: string, contenders: readonly string[], columns: readonly Column[]): string {
  return aligned(
    [title, ...columns.map((column) => column.title)],
    contenders.map((contender) => [contender, ...columns.map(({ cell }) => cell(contender))]),
  )
}

/** A table whose first column is of words, and whose others are of figures unless `align` says otherwise. */
export function aligned(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  align: readonly string[] = ['l', ...heads.slice(1).map(() => 'r')],
): string {
  return markdownTable([heads, ...rows], { align })
}

/** What a suite has to say in a cell; empty of those of whom nothing was measured. */
export interface Figures {
  /** Those measured in these settings, in the order of the suite. */
  readonly contenders: (...settings: readonly string[]) => readonly string[]
  readonly settings: () => readonly string[]
  readonly median: (setting: string, contender: string) => string
  /** With its unit: `35 MB`. */
  readonly measure: (setting: string, contender: string) => string
  readonly ratio: (setting: string, contender: string, to: string) => string
  readonly value: (setting: string, contender: string) => number | undefined
  readonly times: (setting: string, contender: string, to: string) => number | undefined
}

/** Reads what was measured by a suite. */
export function figuresOf(all: readonly Series[], suite: Series['suite']): Figures {
  const ours = all.filter((one) => one.suite === suite)
  const find = (setting: string, contender: string): Series | undefined =>
    ours.find((one) => one.setting === setting && one.contender === contender)

  const unit = (setting: string, contender: string): string => find(setting, contender)?.unit ?? ''

  function value(setting: string, contender: string): number | undefined {
    const found = find(setting, contender)
    return found && estimate(found.samples).median
  }

  function times(setting: string, contender: string, to: string): number | undefined {
    const [one, other] = [find(setting, contender), find(setting, to)]
    return one && other && ratio(one, other).median
  }

  return {
    contenders: (...settings) => [
      ...new Set(ours.filter(({ setting }) => settings.includes(setting)).map(({ contender }) => contender)),
    ],
    settings: () => [...new Set(ours.map(({ setting }) => setting))],
    value,
    times,
    median: (setting, contender) =>
      shown(value(setting, contender), (figure) => digits(figure, unit(setting, contender))),
    measure: (setting, contender) =>
      shown(
        value(setting, contender),
        (figure) => `${digits(figure, unit(setting, contender))} ${unit(setting, contender)}`,
      ),
    ratio: (setting, contender, to) => shown(times(setting, contender, to), quotient),
  }
}

function shown(figure: number | undefined, as: (figure: number) => string): string {
  return figure === undefined ? '' : as(figure)
}
