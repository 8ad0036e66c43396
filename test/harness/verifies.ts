import { describe, expect, test } from 'vitest'
import type { RequirementId } from '../requirements.ts'
import { type Adapter, adapters } from './adapters.ts'
import { refusalsDuring } from './send.ts'

/** A test of one or several requirements, run in every framework. What is refused in its course has to be refused in the same way everywhere, byte for byte. */
export function verifies(
  ids: RequirementId | readonly RequirementId[],
  title: string,
  run: (adapter: Adapter) => void | Promise<void>,
  timeout?: number,
  houses: readonly Adapter[] = adapters,
): void {
  let first: ReadonlySet<string> | undefined
  describe.each(houses)('$name', (adapter) => {
    test(
      `${[ids].flat().join(', ')} · ${title}`,
      async () => {
        const refusals = await refusalsDuring(async () => run(adapter))
        first ??= refusals
        expect(refusals).toEqual(first)
      },
      timeout,
    )
  })
}
