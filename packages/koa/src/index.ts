// An application installs this package alone. The `defineGuard` below replaces that of the core.
export * from '@tollgate/core'
export type { Exemption, MiddlewareOptions, ProtectOptions } from '@tollgate/core/adapter'
export { defineGuard, type RouteContext } from './define-guard.ts'
export {
  createProtect,
  type Middleware,
  type OptionalProtect,
  type OptionalState,
  type Protect,
  type ProtectedState,
} from './protect.ts'
export type { KoaContext } from './request.ts'
