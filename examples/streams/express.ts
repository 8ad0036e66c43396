import { pipeline, Readable } from 'node:stream'
import { createProtect, lease, type ValidatorOptions } from '@tollgate/express'
import express, { type Express } from 'express'
import { prices } from './prices.ts'

export function createApp(options: ValidatorOptions): Express {
  const protect = createProtect(options)
  const app = express()
  app.get('/prices', protect(), (req, res) => {
    lease(protect.auth(req)).bind(res)
    res.set('Content-Type', 'text/event-stream')
    pipeline(Readable.from(prices()), res, () => undefined)
  })
  return app
}
