import { createValidator } from '@tollgate/core'

const { ISSUER = 'https://tenant.logto.app/oidc' } = process.env

/** The only validator of the process, because it caches keys and tokens. */
export const validator = createValidator({ issuer: ISSUER, audience: 'https://api.example.com' })
