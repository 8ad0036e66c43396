import {
  active,
  clientSecretBasic,
  createProtect,
  privateKeyJwt,
  type ProtectOptions,
  scopes,
  trustedIssuer,
} from '@tollgate/express'
import express, { type Express } from 'express'

type Options = Omit<ProtectOptions, 'issuer'>
type Client = { readonly id: string; readonly secret: string }

/** The API introspects opaque tokens at their issuer, and caches each response for a minute. */
export function createApp(url: string, { id, secret }: Client, options: Options): Express {
  const issuer = trustedIssuer(url, { introspection: { client: clientSecretBasic(id, secret) } })
  const protect = createProtect({ ...options, issuer })
  const app = express()
  app.get('/orders', protect(scopes('orders:read')), (req, res) => void res.json({ for: protect.auth(req).subject }))

  // A payment needs a fresher result: the API refuses a token that was revoked five seconds ago.
  app.post('/payments', protect(scopes('payments:write'), active({ within: '5s' })), (_req, res) => {
    res.status(201).end()
  })

  return app
}

/** Two issuers of opaque tokens. The prefix of a token selects the issuer. */
export function createPartnersApp(
  own: string,
  partner: string,
  client: Client,
  key: string,
  options: Options,
): Express {
  const issuer = [
    trustedIssuer(own, {
      introspection: { client: clientSecretBasic(client.id, client.secret), prefix: 'own_' },
    }),
    trustedIssuer(partner, {
      introspection: {
        client: privateKeyJwt('orders-api', key),
        prefix: 'partner_',
        missingAudience: 'trust', // its responses contain no aud, and it issues tokens for this API only
        cacheFor: '10s',
      },
    }),
  ]
  const protect = createProtect({ ...options, issuer })
  const app = express()
  app.get('/', protect(), (req, res) => void res.send(protect.auth(req).issuer))
  return app
}
