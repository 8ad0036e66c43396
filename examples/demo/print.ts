import { styleText } from 'node:util'
import type { ScenarioResult } from './run-scenario.ts'

// No line has more than 80 columns, so that it fits every terminal.

export function printIntroduction(): void {
  console.log(`An Express API protected by Tollgate, an authorization server (oidc-provider),
and a client; all on loopback. The code is in examples/demo: the API is api.ts,
and the requests are in scenarios.ts. One of the tokens below must expire first.
That takes six seconds.
`)
}

export function printTable(results: readonly ScenarioResult[]): void {
  const rows = results.map(({ scenario, status, reason }) => [
    scenario.request.replace(/(access_token=).*/, '$1…'),
    scenario.token,
    `${status} ${reason ?? 'accepted'}`,
  ])
  const [first = 0, second = 0] = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = ([request = '', token = '', response = '']: readonly string[]): string =>
    `${request.padEnd(first)}  ${token.padEnd(second)}  ${response}`

  console.log(styleText('bold', line(['request', 'token', 'response and reason'])))
  for (const [index, row] of rows.entries()) {
    const { scenario, status, isRight } = results[index] as ScenarioResult
    console.log(styleText(colour(status), line(row)))
    if (!isRight) {
      console.log(styleText('red', `  ✗ expected ${Object.values(scenario.expected).join(' ')}`))
    }
  }
}

function colour(status: number): 'green' | 'yellow' | 'magenta' {
  if (status < 400) {
    return 'green'
  }
  return status < 500 ? 'yellow' : 'magenta'
}

/** Prints each different header of the refusals and outages once. Clients decide by it. */
export function printChallenges(results: readonly ScenarioResult[]): void {
  const headers = results
    .filter(({ status }) => status >= 400)
    .map(({ status, challenge }) => `${status}  ${challenge ?? 'Retry-After'}`)
  console.log(`\n${styleText('bold', 'The headers of these responses, without realm and description')}`)
  console.log([...new Set(headers)].toSorted().join('\n'))
}

export function printResponse({ scenario, status, headers, body }: ScenarioResult): void {
  console.log(`\n${styleText('bold', `One response in full: ${scenario.request}, ${scenario.token}`)}`)
  const challenge = String(headers['www-authenticate']).replaceAll(', ', ',\n  ')
  const lines = [
    `HTTP/1.1 ${status}`,
    `www-authenticate: ${challenge}`,
    ...['cache-control', 'content-type'].map((name) => `${name}: ${String(headers[name])}`),
    '',
    JSON.stringify(JSON.parse(body), undefined, 2),
  ]
  console.log(lines.join('\n'))
}

/** `tokens` is the server that returns the token of each name. The tokens themselves are longer than a line. */
export function printCurls(api: string, tokens: string, names: readonly string[]): void {
  console.log(`The API listens on ${styleText('bold', api)}. Its code is in examples/demo/api.ts.
Paste these lines:

curl -i ${api}/public
curl -i ${api}/orders`)
  for (const name of names) {
    console.log(`
TOKEN=$(curl -s ${tokens}/${name})
curl -i ${api}/orders -H "Authorization: Bearer $TOKEN"
curl -i -X POST ${api}/orders -H "Authorization: Bearer $TOKEN"`)
  }
  console.log('\nCtrl-C stops it.')
}
