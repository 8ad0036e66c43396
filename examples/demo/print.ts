import { styleText } from 'node:util'
import Table from 'cli-table3'
import type { Played } from './play.ts'

export function printTable(played: readonly Played[]): void {
  const table = new Table({
    head: ['request', 'token', 'answer', 'challenge', 'why'].map((name) => styleText('bold', name)),
    // `null` is the table's word for a width that follows the content.
    colWidths: [null, null, null, 44, null],
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  })
  table.push(...played.map(row))
  console.log(table.toString())
}

function row({ scenario, status, headers, reason, challenge, isRight }: Played): string[] {
  const wanted = isRight ? '' : styleText('red', ` ✗ wanted ${Object.values(scenario.expected).join(' ')}`)
  const retryAfter = headers['retry-after']
  return [
    scenario.request.replace(/(access_token=).*/, '$1…'),
    scenario.token,
    styleText(colour(status), String(status)) + wanted,
    challenge ?? (retryAfter === undefined ? '' : `Retry-After: ${retryAfter}`),
    reason ?? styleText('green', 'let through'),
  ]
}

function colour(status: number): 'green' | 'yellow' | 'magenta' {
  if (status < 400) {
    return 'green'
  }
  return status < 500 ? 'yellow' : 'magenta'
}

/** One answer as it went over the wire. */
export function printAnswer({ scenario, status, headers, body }: Played): void {
  console.log(`\nOne of these answers as it went over the wire (${scenario.request}, token ${scenario.token}):\n`)
  const shown = ['www-authenticate', 'cache-control', 'content-type']
  const lines = shown.map((name) => `${name}: ${String(headers[name])}`)
  console.log(styleText('dim', ['  HTTP/1.1 ' + String(status), ...lines, '', body].join('\n  ')))
}

export function printCurls(origin: string, tokens: Readonly<Record<string, string>>): void {
  console.log(`\nThe API listens on ${styleText('bold', origin)}. Tokens are good for five minutes. Paste away:\n`)
  console.log(`curl -i ${origin}/public`)
  console.log(`curl -i ${origin}/orders`)
  for (const [name, token] of Object.entries(tokens)) {
    console.log(`\n# ${name}\ncurl -i ${origin}/orders -H 'Authorization: Bearer ${token}'`)
    console.log(`curl -i -X POST ${origin}/orders -H 'Authorization: Bearer ${token}'`)
  }
  console.log('\nCtrl-C stops it.')
}
