import type { Adapter } from './adapters/adapter.ts'
import { expressAdapters } from './adapters/express.ts'
import { fastifyAdapter } from './adapters/fastify.ts'
import { honoAdapter } from './adapters/hono.ts'
import { koaAdapters } from './adapters/koa.ts'
import { nestAdapters } from './adapters/nestjs.ts'
import { webRequestAdapter } from './adapters/web-request.ts'

export type { Adapter } from './adapters/adapter.ts'

export const frameworks: readonly Adapter[] = [
  ...expressAdapters,
  ...koaAdapters,
  fastifyAdapter,
  honoAdapter,
  ...nestAdapters,
]

export const adapters: readonly Adapter[] = [...frameworks, webRequestAdapter]
