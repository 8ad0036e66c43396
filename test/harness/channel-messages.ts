import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Channels } from '@tollgate/core/diagnostics'
import { onTestFinished } from 'vitest'

/** The messages on a diagnostics channel until the test ends. */
export function messagesOn<Name extends keyof Channels>(name: Name): readonly Channels[Name][] {
  const messages: Channels[Name][] = []
  const listener = (message: unknown): void => void messages.push(message as Channels[Name])
  subscribe(name, listener)
  onTestFinished(() => void unsubscribe(name, listener))
  return messages
}
