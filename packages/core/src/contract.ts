import '../require/expect-node.cjs'
/** The tests that every implementation of a port must pass, for any test runner. */
export type { ContractTest } from './contract/contract-checks.ts'
export { replayStoreContract } from './contract/replay-store-contract.ts'
export { revocationsContract } from './contract/revocations-contract.ts'
export { tokenCacheContract } from './contract/token-cache-contract.ts'
