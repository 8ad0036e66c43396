/**
 * A server with sockets and streams, in a process of its own: `lease-load.slow.test.ts` counts its timers. Its arguments
 * are the options of its validator. It sends its port, and then it does what the messages say.
 */
import { createHook } from 'node:async_hooks'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers'

/** Each timer that waits, also those that do not keep the process alive. */
const timers = new Set<number>()
createHook({
  init: (id, type) => void (type === 'Timeout' && timers.add(id)),
  destroy: (id) => void timers.delete(id),
}).enable()

// The library loads after the hook is in place.
const { lease } = await import('@tollgate/core')
const { createProtect } = await import('@tollgate/express')
const { default: express } = await import('express')
const { WebSocketServer } = await import('ws')

export type Command =
  | { readonly name: 'timers' }
  | { readonly name: 'start'; readonly timers: number }
  | { readonly name: 'revoke'; readonly sid: string }

const protect = createProtect(JSON.parse(process.argv[2] ?? '') as { issuer: string; audience: string })
const app = express()
app.get('/events', protect(), (req, res) => {
  lease(protect.auth(req)).bind(res)
  res.set('Content-Type', 'text/event-stream').flushHeaders()
  res.write('data: open\n\n')
})
app.post('/upload', protect(), (req, res) => {
  lease(protect.auth(req)).bind(res)
  res.set('Content-Type', 'application/octet-stream').flushHeaders()
  req.pipe(res)
})
const server = createServer(app)
const sockets = new WebSocketServer({ noServer: true })
server.on(
  'upgrade',
  protect.upgrade().listen(sockets, (socket) => socket.send('open')),
)

async function run(command: Command): Promise<number> {
  if (command.name === 'revoke') {
    await protect.validator.revoke({ sid: command.sid })
  } else if (command.name === 'start') {
    Array.from({ length: command.timers }, () => setTimeout(() => undefined, 600_000).unref())
  }
  return timers.size
}

process.on('message', (command: Command) => void run(command).then((result) => process.send?.(result)))
process.on('disconnect', () => process.exit())
await once(server.listen(0, '127.0.0.1'), 'listening')
process.send?.((server.address() as AddressInfo).port)
