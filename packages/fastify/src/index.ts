// An application installs this package alone. The `defineGuard` below replaces that of the core.
export * from '@tollgate/core'
export type { Exemption, MiddlewareOptions } from '@tollgate/core/adapter'
export { defineGuard, type RouteRequest } from './define-guard.ts'
export { tollgate, tollgate as default } from './plugin.ts'
export type { ProtectedReply, ProtectedRequest, RouteAuth } from './request.ts'
export type { Hook, OptionalProtect, Protect } from './app-protect.ts'
export type { TollgateOptions } from './options.ts'
export type { TokenTypes, TypedClaims } from './token-types.ts'
