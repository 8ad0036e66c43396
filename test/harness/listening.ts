import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type {
  BreakerMessage,
  CacheMessage,
  DocumentMessage,
  FetchMessage,
  RotationMessage,
  StaleMessage,
  VerdictMessage,
} from '@tollgate/core'
import { onTestFinished } from 'vitest'

interface Messages {
  readonly breaker: BreakerMessage
  readonly cache: CacheMessage
  readonly document: DocumentMessage
  readonly fetch: FetchMessage
  readonly rotation: RotationMessage
  readonly stale: StaleMessage
  readonly verdict: VerdictMessage
}

/** What is told on a channel until the test ends. */
export function listening<Name extends keyof Messages>(name: Name): readonly Messages[Name][] {
  const messages: Messages[Name][] = []
  const listener = (message: unknown): void => void messages.push(message as Messages[Name])
  subscribe(`tollgate:${name}`, listener)
  onTestFinished(() => void unsubscribe(`tollgate:${name}`, listener))
  return messages
}
