/** Writes the two tables of docs/reasons.md, and a section for each reason, from the sentences in this folder. */
import { Refusal, refusalReasons, Unavailable, type UpstreamReason } from '@tollgate/core'
import { markdownTable } from 'markdown-table'
import type { ReasonText } from './reason.ts'
import { refusalTexts } from './refusal-reasons.ts'
import { upstreamTexts } from './upstream-reasons.ts'

interface Entry extends ReasonText {
  readonly reason: string
  readonly status: number
}

const ownReasons = ['any other', '403', 'the reason that you gave to `claims(…)` or to your own `Refusal`']

/** Returns the page with current parts between its markers. */
export function withReasons(page: string): string {
  return replacePart(replacePart(page, 'refusals', refusalPart()), 'outages', outagePart())
}

function refusalPart(): string {
  const entries = refusalReasons.map((reason): Entry => {
    const text = refusalTexts[reason]
    return { ...text, reason, status: new Refusal({ code: text.code, reason }).status }
  })
  return part(entries, [ownReasons])
}

function outagePart(): string {
  const reasons = Object.keys(upstreamTexts) as UpstreamReason[]
  const entries = reasons.map((reason): Entry => {
    const { status } = new Unavailable('https://issuer.example', { reason, message: '' })
    return { ...upstreamTexts[reason], reason, status }
  })
  return part(entries, [])
}

function part(entries: readonly Entry[], otherRows: readonly string[][]): string {
  const rows = entries.map(({ reason, status, happened }) => [`[\`${reason}\`](#${reason})`, String(status), happened])
  const table = markdownTable([['`reason`', 'Status', 'What happened'], ...rows, ...otherRows])
  const sections = entries.map(
    ({ reason, cause, fix }) => `### \`${reason}\`\n\n- **Commonest cause.** ${cause}\n- **Fix.** ${fix}`,
  )
  return [table, ...sections].join('\n\n')
}

function replacePart(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`]
  const [before, rest] = page.split(begin, 2)
  const after = rest?.split(end, 2)[1]
  if (after === undefined) {
    throw new Error(`Expected ${begin} and ${end} in the page`)
  }
  return `${before}${begin}\n\n${text}\n\n${end}${after}`
}
