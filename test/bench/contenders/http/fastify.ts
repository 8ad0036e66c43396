import type { Server } from 'node:http'
import { type FastifyInstance, type RouteShorthandOptions, fastify } from 'fastify'

/** The Fastify application that all have, its route behind what `protect` registers. */
export async function serveFastify(
  protect: (app: FastifyInstance) => Promise<RouteShorthandOptions> = async () => ({}),
): Promise<Server> {
  const app = fastify()
  const options = await protect(app)
  app.get('/', options, async () => ({ ok: true }))
  await app.listen({ host: '127.0.0.1', port: 0 })
  return app.server
}
