import { createProtect, type HttpRequest, type TrustedIssuer, trustedIssuer } from '@tollgate/express'
import express, { type Express } from 'express'

export interface Tenant {
  readonly host: string
  readonly issuer: string
  readonly audience: string
}

/** Each host has one tenant, and each tenant has one issuer. */
export function createTenantsApp(tenants: readonly Tenant[]): Express {
  // One object for each tenant, because a cached token belongs to that object.
  const byHost = new Map<string, TrustedIssuer>(
    tenants.map(({ host, issuer, audience }) => [host, trustedIssuer(issuer, { audience })]),
  )

  const protect = createProtect({
    audience: 'https://api.example.com',
    issuer: (iss, request) => {
      if (request === undefined) {
        return [...byHost.values()].find(({ url }) => url === iss)
      }
      return byHost.get(hostOf(request))
    },
  })
  const app = express()
  app.get('/', protect(), (req, res) => void res.send(protect.auth(req).issuer))
  return app
}

/** The tenants are in a database, and need no options. The function returns the URL of the issuer. */
export function createDatabaseApp(findIssuer: (host: string) => Promise<string | undefined>): Express {
  const protect = createProtect({
    audience: 'https://api.example.com',
    issuer: async (_iss, request) => request && findIssuer(hostOf(request)),
  })
  const app = express()
  app.get('/', protect(), (req, res) => void res.send(protect.auth(req).issuer))
  return app
}

/** The host over HTTP/1.1 or HTTP/2, without its port. */
function hostOf({ headers }: HttpRequest): string {
  const [, host = ''] = [...headers].find(([name]) => /^(host|:authority)$/i.test(name)) ?? []
  return host.toLowerCase().replace(/:\d+$/, '')
}
