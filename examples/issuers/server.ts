import { createProtect, scopes, trustedIssuer } from '@tollgate/express'
import express, { type Express } from 'express'

const api = 'https://api.example.com'

/** Several issuers, each with its own options. */
export function createPartnersApp(own: string, partner: string): Express {
  const protect = createProtect({
    audience: api,
    issuer: [
      own,
      trustedIssuer(partner, { audience: 'urn:partner', algorithms: ['ES256'], profile: 'rfc9068', maxLifetime: '1h' }),
    ],
  })
  const app = express()
  app.get('/', protect(), (req, res) => void res.send(protect.auth(req).issuer))
  return app
}

/** Unknown tenants at start-up. The validator caches a result for ten minutes, and `undefined` for ten seconds. */
export function createTenantsApp(findTenant: (iss: string) => Promise<{ audience: string } | undefined>): Express {
  const protect = createProtect({
    audience: api,
    issuer: async (iss) => {
      const tenant = await findTenant(iss)
      return tenant && trustedIssuer(iss, { audience: tenant.audience })
    },
  })
  const app = express()
  app.get('/', protect(), (req, res) => void res.send(protect.auth(req).issuer))
  return app
}

/** Issuers that write scopes, roles or permissions in other claims, and scopes that imply other scopes. */
export function createRolesApp(own: string, keycloak: string): Express {
  const protect = createProtect({
    audience: api,
    issuer: [
      trustedIssuer(own, { dialect: { scopes: ['scope', 'permissions'] } }),
      trustedIssuer(keycloak, {
        dialect: { scopes: ['realm_access.roles', 'resource_access.orders-api.roles'] },
      }),
    ],
    scopeHierarchy: { admin: ['orders:write'], 'orders:write': ['orders:read'] },
  })
  const app = express()
  app.get('/', protect(scopes('orders:read')), (req, res) => void res.send(protect.auth(req).issuer))
  return app
}
