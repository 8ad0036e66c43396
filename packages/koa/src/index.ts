export * from '@tollgate/core'
export type { MiddlewareOptions, ProtectOptions } from '@tollgate/core/adapter'
export {
  createProtect,
  type Middleware,
  type OptionalProtect,
  type OptionalState,
  type Protect,
  type ProtectedState,
} from './protect.ts'
export type { KoaContext } from './request.ts'
