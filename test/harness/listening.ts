import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { onTestFinished } from 'vitest'

/** What is told on a channel until the test ends. */
export function listening<Message>(channel: string): readonly Message[] {
  const messages: Message[] = []
  const listener = (message: unknown): void => void messages.push(message as Message)
  subscribe(channel, listener)
  onTestFinished(() => void unsubscribe(channel, listener))
  return messages
}
