import { styleText } from 'node:util'
import Table from 'cli-table3'
import type { ScenarioResult } from './run-scenario.ts'

export function printTable(results: readonly ScenarioResult[]): void {
  const table = new Table({
    head: ['request', 'token', 'response', 'challenge', 'reason'].map((name) => styleText('bold', name)),
    // `null`: the width follows the content.
    colWidths: [null, null, null, 44, null],
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  })
  table.push(...results.map(row))
  console.log(table.toString())
}

function row({ scenario, status, headers, reason, challenge, isRight }: ScenarioResult): string[] {
  const expected = isRight ? '' : styleText('red', ` ✗ expected ${Object.values(scenario.expected).join(' ')}`)
  const retryAfter = headers['retry-after']
  return [
    scenario.request.replace(/(access_token=).*/, '$1…'),
    scenario.token,
    styleText(colour(status), String(status)) + expected,
    challenge ?? (retryAfter === undefined ? '' : `Retry-After: ${retryAfter}`),
    reason ?? styleText('green', 'accepted'),
  ]
}

function colour(status: number): 'green' | 'yellow' | 'magenta' {
  if (status < 400) {
    return 'green'
  }
  return status < 500 ? 'yellow' : 'magenta'
}

export function printResponse({ scenario, status, headers, body }: ScenarioResult): void {
  console.log(`\nOne of these responses in full (${scenario.request}, token ${scenario.token}):\n`)
  const shown = ['www-authenticate', 'cache-control', 'content-type']
  const lines = shown.map((name) => `${name}: ${String(headers[name])}`)
  console.log(styleText('dim', ['  HTTP/1.1 ' + String(status), ...lines, '', body].join('\n  ')))
}

export function printCurls(origin: string, tokens: Readonly<Record<string, string>>): void {
  console.log(
    `\nThe API listens on ${styleText('bold', origin)}. The tokens are valid for five minutes. Paste a line:\n`,
  )
  console.log(`curl -i ${origin}/public`)
  console.log(`curl -i ${origin}/orders`)
  for (const [name, token] of Object.entries(tokens)) {
    console.log(`\n# ${name}\ncurl -i ${origin}/orders -H 'Authorization: Bearer ${token}'`)
    console.log(`curl -i -X POST ${origin}/orders -H 'Authorization: Bearer ${token}'`)
  }
  console.log('\nCtrl-C stops it.')
}
