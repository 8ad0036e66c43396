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

/** Tokens that say nothing by themselves: the API asks their issuer, and remembers the answer for a while. */
export function createApp(url: string, { id, secret }: Client, options: Options): Express {
  const issuer = trustedIssuer(url, { introspection: { client: clientSecretBasic(id, secret) } })
  const protect = createProtect({ ...options, issuer })
  const app = express()
  app.get('/orders', protect(scopes('orders:read')), (req, res) => void res.json({ for: protect.auth(req).subject }))

  // The more dangerous the route, the fresher the answer: nobody pays with a token that was revoked five seconds ago.
  app.post('/payments', protect(scopes('payments:write'), active({ within: '5s' })), (_req, res) => {
    res.status(201).end()
  })

  return app
}

/** Two servers that give out opaque tokens: each is asked about those that begin as its own do. */
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
        missingAudience: 'trust', // its answers carry no aud, and it gives out tokens for this API only
        cacheFor: '10s',
      },
    }),
  ]
  const protect = createProtect({ ...options, issuer })
  const app = express()
  app.get('/', protect(), (req, res) => void res.send(protect.auth(req).issuer))
  return app
}
