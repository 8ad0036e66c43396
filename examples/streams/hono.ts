import type { HttpBindings } from '@hono/node-server'
import { createProtect, lease, leaseResponse, type ValidatorOptions } from '@tollgate/hono'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { prices } from './prices.ts'

export function createApp(options: ValidatorOptions): Hono<{ Bindings: HttpBindings }> {
  const protect = createProtect(options)
  const app = new Hono<{ Bindings: HttpBindings }>()
  app.get('/prices', protect(), (c) => {
    const response = streamSSE(c, async (stream) => {
      for await (const price of prices()) {
        await stream.write(price)
        if (stream.aborted) {
          return
        }
      }
    })
    return leaseResponse(response, lease(protect.auth(c)).bind(c.env.outgoing))
  })
  return app
}
