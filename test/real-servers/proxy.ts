import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { CleanUp } from '../harness/listen.ts'

/** A port of loopback that leads to another one, so that one process can be cut off. */
export interface Proxy {
  readonly port: number
  /** Ends all connections, and refuses new ones. */
  readonly cut: () => void
  readonly open: () => Promise<void>
}

export async function openProxy(target: number, cleanUp: CleanUp): Promise<Proxy> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const other = connect(target, '127.0.0.1')
    for (const [from, to] of [
      [socket, other],
      [other, socket],
    ] as const) {
      sockets.add(from)
      from.on('error', () => undefined)
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const cut = (): void => {
    server.close()
    for (const socket of sockets) {
      socket.destroy()
    }
  }
  cleanUp(cut)
  return { port, cut, open: async () => void (await once(server.listen(port, '127.0.0.1'), 'listening')) }
}
