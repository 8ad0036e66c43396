// An application installs this package alone. The `defineGuard` below replaces that of the core.
export * from '@tollgate/core'
export type { Exemption, MiddlewareOptions, ProtectOptions } from '@tollgate/core/adapter'
export { defineGuard } from './define-guard.ts'
export {
  createProtect,
  type Middleware,
  type NamedOptions,
  type OptionalEnv,
  type OptionalProtect,
  type Protect,
  type ProtectedEnv,
} from './protect.ts'
