export * from '@tollgate/core'
export type { MiddlewareOptions, ProtectOptions } from '@tollgate/core/adapter'
export { createProtect, type Middleware, type OptionalProtect, type Protect } from './protect.ts'
export type { ExpressRequest } from './request.ts'
