import { describe, expect, test } from 'vitest'
import type { RequirementId } from '../requirements.ts'
import { type Adapter, adapters } from './adapters.ts'
import { refusalsDuring } from './send.ts'

/**
 * Defines a test of one or several requirements, which runs in every framework, or in the `tested` ones. The refusals during the test must be
 * the same in each, byte for byte.
 */
export function verifies(
  ids: RequirementId | readonly RequirementId[],
  title: string,
  run: (adapter: Adapter) => void | Promise<void>,
  tested: readonly Adapter[] = adapters,
): void {
  let first: ReadonlySet<string> | undefined
  describe.each(tested)('$name', (adapter) => {
    test(`${[ids].flat().join(', ')} · ${title}`, async () => {
      const refusals = await refusalsDuring(async () => run(adapter))
      first ??= refusals
      expect(refusals).toEqual(first)
    })
  })
}
