import { type AccessDecorator, Protect, scopes } from '@tollgate/nestjs'
import { sameTenant } from './policies.js'

/** A decorator of the application: the scopes, and the tenant. */
export const TenantScopes = (...names: readonly string[]): AccessDecorator => Protect(scopes(...names), sameTenant)
