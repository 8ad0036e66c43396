import type { HttpContender } from './contender.ts'
import { serveKoa } from './koa.ts'

/** What Koa does when nobody stands at the gate. */
export const contender: HttpContender = {
  name: 'Koa 3 bare',
  framework: 'Koa',
  role: 'bare',
  module: import.meta.url,
  start: () => serveKoa(),
}
