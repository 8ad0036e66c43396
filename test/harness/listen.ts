import { once } from 'node:events'
import type { Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** Registers work that must be done at the end. The default of its users is `onTestFinished`. */
export type CleanUp = (work: () => void | Promise<void>) => void

/** Listens on a free port of loopback until the test ends. Returns the origin. */
export async function listen(
  server: Server & { closeAllConnections?: () => void },
  cleanUp: CleanUp = onTestFinished,
): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  cleanUp(() => {
    server.closeAllConnections?.()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
