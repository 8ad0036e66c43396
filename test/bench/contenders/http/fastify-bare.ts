import type { HttpContender } from './contender.ts'
import { serveFastify } from './fastify.ts'

/** What Fastify does when nobody stands at the gate. */
export const contender: HttpContender = {
  name: 'Fastify 5 bare',
  framework: 'Fastify',
  role: 'bare',
  module: import.meta.url,
  start: () => serveFastify(),
}
