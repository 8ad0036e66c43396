import { clientSecretBasic, createProtect, trustedIssuer } from '@tollgate/express'
import { nodeRedis, redisRevocations, redisTokenCache } from '@tollgate/redis'
import express, { type Express } from 'express'
import { createClient } from 'redis'

export interface FleetOptions {
  readonly issuer: string
  readonly audience: string
  readonly introspection: { readonly id: string; readonly secret: string }
  readonly redis: string
  /** At least 32 characters each. The first one seals, and all of them open. */
  readonly secrets: readonly string[]
}

/** One of several processes. They share introspection results and revocations through Redis. */
export async function createApi({ issuer, audience, introspection, redis, secrets }: FleetOptions): Promise<Express> {
  const client = createClient({ url: redis })
  client.on('error', () => undefined) // the client connects again by itself
  await client.connect()

  const protect = createProtect({
    audience,
    issuer: trustedIssuer(issuer, {
      introspection: { client: clientSecretBasic(introspection.id, introspection.secret) },
    }),
    cache: redisTokenCache(nodeRedis(client), { secrets }),
    revocations: redisRevocations(nodeRedis(client), { secrets }),
  })
  await protect.validator.ready({ within: '30s' }) // the revocations are read

  const app = express()
  app.use(protect())
  app.get('/orders', (req, res) => void res.json({ for: protect.auth(req).subject }))
  // Signs the person out everywhere: all their tokens until now are refused, in every process.
  app.post('/sign-out', async (req, res) => {
    const { subject } = protect.auth(req)
    if (subject === undefined) {
      res.sendStatus(400) // the token is for no person
      return
    }
    await protect.validator.revoke({ sub: subject })
    res.sendStatus(204)
  })
  return app
}
