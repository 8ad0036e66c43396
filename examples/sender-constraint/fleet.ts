import { createProtect, type ProtectOptions } from '@tollgate/express'
import { type RedisClient, redisReplayStore } from '@tollgate/redis'
import express, { type Express } from 'express'

type Options = Pick<ProtectOptions, 'issuer' | 'audience' | 'dispatcher'>

/** One of several processes. `secrets` are the same in all of them, with at least 32 bytes each. */
export function createApp(options: Options, redis: RedisClient, secrets: readonly string[]): Express {
  const protect = createProtect({
    ...options,
    dpop: {
      mode: 'required',
      nonces: 'required',
      secrets,
      replay: redisReplayStore(redis),
    },
  })
  const app = express()
  app.get('/orders', protect(), (req, res) => void res.json({ for: protect.auth(req).subject }))
  return app
}
