import type { RequirementId } from '../requirements.ts'
import { type Adapter, adapters } from './adapters.ts'
import { verifies as verifiesWith } from './verifies.ts'

/** A test of how keys and metadata are fetched. That does not depend on the framework, so that one adapter is enough. */
export function verifies(
  ids: RequirementId | readonly RequirementId[],
  title: string,
  run: (adapter: Adapter) => void | Promise<void>,
): void {
  verifiesWith(ids, title, run, adapters.slice(0, 1))
}
