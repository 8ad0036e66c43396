export * from '@tollgate/core'
export type { AnsweringOptions, ProtectOptions } from '@tollgate/core/adapter'
export { createProtect, type Middleware, type OptionalProtect, type Protect } from './protect.ts'
export type { ExpressRequest } from './request.ts'
