import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { isDeepStrictEqual } from 'node:util'
import type { RefusalMessage, UnavailableMessage } from '@tollgate/core/diagnostics'
import type { Scenario } from './scenarios.ts'

/** The response to a scenario, and the reason from the diagnostics channels. */
export interface ScenarioResult {
  readonly scenario: Scenario
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly reason: string | undefined
  /** The challenge without `realm` and `error_description`. Clients decide by the rest. */
  readonly challenge: string | undefined
  /** Whether status, reason and challenge are as expected. */
  readonly isRight: boolean
}

/** Sends the request, and subscribes to the reason, because the response does not contain it. */
export async function runScenario(scenario: Scenario, origin: string): Promise<ScenarioResult> {
  let reason: string | undefined
  const listener = (message: unknown): void => {
    const { refusal, error } = message as Partial<Pick<RefusalMessage, 'refusal'> & Pick<UnavailableMessage, 'error'>>
    reason = refusal?.reason ?? error?.reason
  }
  subscribe('tollgate:refusal', listener)
  subscribe('tollgate:unavailable', listener)
  try {
    const { statusCode: status = 0, headers, body } = await send(scenario, origin)
    const challenge = shorten(headers['www-authenticate'])
    const expected = { reason: undefined, challenge: undefined, ...scenario.expected }
    const isRight = isDeepStrictEqual({ status, reason, challenge }, expected)
    return { scenario, status, headers, body, reason, challenge, isRight }
  } finally {
    unsubscribe('tollgate:refusal', listener)
    unsubscribe('tollgate:unavailable', listener)
  }
}

/** Uses `node:http`, because `fetch` cannot send a header twice. */
async function send({ request: line, headers }: Scenario, origin: string): Promise<IncomingMessage & { body: string }> {
  const [method = 'GET', path = '/'] = line.split(' ')
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(`${origin}${path}`, { method, headers: ['Host', new URL(origin).host, ...headers.flat()] })
      .on('response', resolve)
      .on('error', reject)
      .end()
  })
  return Object.assign(response, { body: await text(response) })
}

function shorten(challenge: string | undefined): string | undefined {
  return challenge?.replaceAll(/(realm|error_description)="[^"]*"(, )?/g, '').replace(/,? $/, '')
}
