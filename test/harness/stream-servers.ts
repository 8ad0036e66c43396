import { expressServers } from './streams/express.ts'
import { fastifyServers } from './streams/fastify.ts'
import { koaServers } from './streams/koa.ts'
import { nestServers } from './streams/nestjs.ts'
import type { StreamServer } from './streams/stream-server.ts'
import { honoServer, webServer } from './streams/web.ts'

export type { StreamServer } from './streams/stream-server.ts'

/** The streams of each framework, bound to leases. */
export const streamServers: readonly StreamServer[] = [
  ...expressServers,
  ...koaServers,
  ...fastifyServers,
  ...nestServers,
  honoServer,
  webServer,
]
