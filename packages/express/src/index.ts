// An application installs this package alone. The `defineGuard` below replaces that of the core.
export * from '@tollgate/core'
export type { Exemption, MiddlewareOptions, ProtectOptions } from '@tollgate/core/adapter'
export { defineGuard, type RouteRequest } from './define-guard.ts'
export { createProtect, type Middleware, type OptionalProtect, type Protect } from './protect.ts'
export type { ExpressRequest } from './request.ts'
