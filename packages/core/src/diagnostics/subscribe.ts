import { expectFunction, expectOneOf } from '../lib/invalid-option.ts'
import { subscribe as subscribeTo, unsubscribe } from '../lib/recent-node.ts'
import { diagnostics } from './channels.ts'
import type { Channels, TracingChannels } from './messages.ts'

/**
 * Calls `listener` with every message that the validators of this process publish on a channel of
 * `node:diagnostics_channel`. The name of the channel types the message.
 *
 * ```ts
 * const unsubscribe = subscribe('tollgate:refusal', ({ refusal }) => console.log(refusal.reason))
 * ```
 *
 * A message never contains a token, client credentials or an upstream body. Of the claims it contains only `subject` and
 * `clientId` of a refused genuine token, and `refusal.token`. It contains key ids only as an issuer publishes them. Three
 * parts are not checked: the error in `tollgate:failure`, the reasons of the
 * application's guards, and the names of issuers that an `issuer` function returned.
 *
 * The call is synchronous, within the request, so `listener` must be fast. The library does not wait for a promise that
 * it returns. If `listener` throws, the request continues, and Node raises `uncaughtException`, which ends the process
 * by default.
 *
 * @returns a function that ends the subscription. A second call does nothing.
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for an unknown channel, or if `listener` is not a function.
 */
export function subscribe<Name extends keyof (Channels & TracingChannels)>(
  channel: Name,
  listener: (message: (Channels & TracingChannels)[Name]) => void,
): () => void {
  expectOneOf(channel, 'channel', names)
  expectFunction(listener, 'listener')
  // Each subscription has its own function, because Node identifies a subscription by its function.
  const subscriber = (message: unknown): void => listener(message as (Channels & TracingChannels)[Name])
  subscribeTo(channel, subscriber)
  return () => void unsubscribe(channel, subscriber)
}

const names: readonly string[] = [
  ...Object.keys(diagnostics).map((name) => `tollgate:${name}`),
  ...['authenticate:start', 'authenticate:asyncEnd', 'fetch:start', 'fetch:asyncEnd'].map(
    (event) => `tracing:tollgate.${event}`,
  ),
]
