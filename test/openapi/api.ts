/** The API of the tests: its guards, and how a framework opens it. */
import { allOf, anyOf, anyScope, claims, dpopBound, scopes, type ValidatorOptions } from '@tollgate/core'

/** The guards of the operations that have some. */
export const guards = {
  'GET /orders': [scopes('read')],
  'POST /orders': [scopes('read', 'write')],
  'GET /orders/{id}': [anyScope('read', 'admin')],
  'DELETE /orders/{id}': [anyScope('read', 'admin'), allOf(scopes('write'), anyOf(scopes('admin'), scopes('read')))],
  'PUT /orders/{id}': [anyOf(allOf(scopes('write'), dpopBound()), scopes('admin'))],
  'POST /payments': [scopes('write'), dpopBound()],
  'GET /tenants': [claims(({ tenant }) => tenant !== 'other', 'tenant')],
} as const

export interface OpenApp {
  readonly origin: string
  readonly document: unknown
}

export interface Framework {
  readonly name: string
  readonly open: (options: ValidatorOptions, version: string) => Promise<OpenApp>
}
