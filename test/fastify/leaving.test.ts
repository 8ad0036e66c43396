import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import formBody from '@fastify/formbody'
import tollgate from '@tollgate/fastify'
import type { MockIssuer } from '@tollgate/mock-issuer'
import { expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { openApp, protectedBy, ways } from './asking.ts'

interface Left {
  readonly origin: URL
  /** An answer is under way, and its hooks wait until the client has left. */
  readonly answering: Promise<void>
  /** They are through. */
  readonly answered: Promise<void>
  readonly handled: () => number
}

async function openSlow(issuer: MockIssuer, way: (typeof ways)[number]): Promise<Left> {
  const app = openApp()
  const answering = Promise.withResolvers<void>()
  const answered = Promise.withResolvers<void>()
  let handled = 0
  await app.register(formBody)
  await app.register(tollgate, { ...issuer.validatorOptions, formBody: 'accepted' })
  app.addHook('onSend', async (_request, { raw }, payload) => {
    answering.resolve()
    await once(raw, 'close')
    // What Fastify makes of it, it makes by now.
    await sleep(20)
    answered.resolve()
    return payload
  })
  app.post('/', protectedBy(app, way), async () => {
    handled += 1
    return 'ok'
  })
  const origin = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  return { origin, answering: answering.promise, answered: answered.promise, handled: () => handled }
}

const bodies = [
  ['no body', 'Content-Length: 0\r\n\r\n'],
  ['a form', 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b'],
] as const

test.each(ways.flatMap((way) => bodies.map(([name, body]) => [way, name, body] as const)))(
  'a client that leaves while its refusal is under way reaches no handler: by %s, with %s',
  async (way, _name, body) => {
    const { origin, answering, answered, handled } = await openSlow(await openIssuer(), way)
    const socket = connect(Number(origin.port), origin.hostname)
    socket.write(`POST / HTTP/1.1\r\nHost: api\r\n${body}`)
    await answering
    socket.destroy()
    await answered
    await sleep(20)
    expect(handled()).toBe(0)
  },
)
