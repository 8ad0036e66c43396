import { keycloak } from '@tollgate/core/issuers'
import { createProtect, scopes, type Validator } from '@tollgate/express'

const protect = createProtect({ issuer: keycloak('https://sso.example.com/realms/main'), audience: 'orders-api' })
const validator: Validator = protect.validator
// @ts-expect-error because the types of the packages are found
export const wrong: string = validator
void protect(scopes('orders:read'))
