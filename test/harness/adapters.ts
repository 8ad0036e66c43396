import type { Adapter } from './adapters/adapter.ts'
import { expressAdapters } from './adapters/express.ts'
import { fastifyAdapter } from './adapters/fastify.ts'
import { honoAdapter } from './adapters/hono.ts'
import { koaAdapters } from './adapters/koa.ts'
import { nestAdapters } from './adapters/nestjs.ts'
import { webRequestAdapter } from './adapters/web-request.ts'

export type { Adapter } from './adapters/adapter.ts'

const [express, ...olderExpress] = expressAdapters
const [koa, ...olderKoa] = koaAdapters
const [nest, ...nestOnOthers] = nestAdapters

/** The newest version of each framework, with which every test runs. */
const newest = [express, koa, fastifyAdapter, honoAdapter, nest].filter((adapter) => adapter !== undefined)

/** Older versions, and the second platform of NestJS. `test:slow` runs the conformance tests with them. */
const others: readonly Adapter[] = [...olderExpress, ...olderKoa, ...nestOnOthers]

const areOthers = process.env['TOLLGATE_ADAPTERS'] === 'others'

export const frameworks: readonly Adapter[] = areOthers ? others : newest

export const adapters: readonly Adapter[] = areOthers ? others : [...newest, webRequestAdapter]
