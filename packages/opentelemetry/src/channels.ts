import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Channels as Plain, FetchTrace, AuthenticationTrace } from '@tollgate/core'

/** The channels that we listen to, and what is told on them. */
export interface Channels extends Plain {
  readonly 'tracing:tollgate.authenticate:start': AuthenticationTrace
  readonly 'tracing:tollgate.authenticate:asyncEnd': AuthenticationTrace
  readonly 'tracing:tollgate.fetch:start': FetchTrace
  readonly 'tracing:tollgate.fetch:asyncEnd': FetchTrace
}

/** Undoes what has been started. */
export type Stop = () => void

export function listen<Name extends keyof Channels>(name: Name, listener: (message: Channels[Name]) => void): Stop {
  const hear = (message: unknown): void => listener(message as Channels[Name])
  subscribe(name, hear)
  return () => void unsubscribe(name, hear)
}

export function together(stops: readonly Stop[]): Stop {
  return () => stops.forEach((stop) => stop())
}
