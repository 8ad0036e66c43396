import type { Adapter } from './adapters/adapter.ts'
import { expressAdapters } from './adapters/express.ts'
import { fastifyAdapter } from './adapters/fastify.ts'
import { koaAdapters } from './adapters/koa.ts'
import { webRequestAdapter } from './adapters/web-request.ts'

export type { Adapter } from './adapters/adapter.ts'

export const frameworks: readonly Adapter[] = [...expressAdapters, ...koaAdapters, fastifyAdapter]

/** Two for what takes long and rests with upstreams: of all they have the least in common. */
export const unlike: readonly Adapter[] = frameworks.filter(({ name }) => name === 'Express 5' || name === 'Fastify 5')

export const adapters: readonly Adapter[] = [...frameworks, webRequestAdapter]
