import { describe, test } from 'vitest'
import type { RequirementId } from '../requirements.ts'
import { type Adapter, adapters } from './adapters.ts'

/** A test of one or several requirements, run in every framework. */
export function verifies(
  ids: RequirementId | readonly RequirementId[],
  title: string,
  run: (adapter: Adapter) => void | Promise<void>,
  timeout?: number,
): void {
  describe.each(adapters)('$name', (adapter) => {
    test(`${[ids].flat().join(', ')} · ${title}`, () => run(adapter), timeout)
  })
}
