import { createValidator } from '@tollgate/core'

const { ISSUER = 'https://tenant.logto.app/oidc' } = process.env

/** One for the whole process: it remembers keys. */
export const validator = createValidator({ issuer: ISSUER, audience: 'https://api.example.com' })
