import { randomUUID } from 'node:crypto'
import type { MaybePromise } from '../lib/maybe-promise.ts'

/** One test of an implementation. `run` rejects when the implementation fails it. */
export interface ContractTest {
  readonly name: string
  readonly run: () => Promise<void>
}

/** The checks of a port by their names. Each gets an implementation, and a key of its own. */
export type Checks<Port> = Readonly<Record<string, (port: Port, key: string) => Promise<void>>>

export function toContract<Port>(open: () => MaybePromise<Port>, checks: Checks<Port>): readonly ContractTest[] {
  return Object.entries(checks).map(([name, check]) => ({
    name,
    run: async () => check(await open(), `contract-${randomUUID()}`),
  }))
}
