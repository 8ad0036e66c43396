import { once } from 'node:events'
import type { Server } from 'node:http'
import type { Setting } from '../../world/world.ts'

/** A server that answers `GET /` with `{"ok":true}`, and the way it is protected. */
export interface HttpContender {
  readonly name: string
  readonly framework: 'Express' | 'Koa' | 'Fastify'
  /** A `floor` is what somebody would write by hand who is in a hurry. The `bare` and the `idle` ones look at no token. */
  readonly role: 'bare' | 'idle' | 'tollgate' | 'peer' | 'floor'
  /** The URL of the module that exports it, for a process that loads nothing else. */
  readonly module: string
  /** Listens on a port of 127.0.0.1 that is free. */
  readonly start: (setting: Setting) => Promise<Server>
}

/** Waits until the server listens. */
export async function listening(server: Server): Promise<Server> {
  if (!server.listening) {
    await once(server, 'listening')
  }
  return server
}
