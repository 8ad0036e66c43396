import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { milliseconds } from './clock.ts'
import type { Fault, NamedFault, ResponseFault } from './faults.ts'
import { type HttpResponse, send, setHead } from './http-response.ts'

/** Creates the right response, with the state of the issuer at the time of the call. */
export type CreateResponse = () => Promise<HttpResponse>

type SendFault = (target: ServerResponse, createResponse: CreateResponse) => void | Promise<void>

/** Sends a fault. Rejects if the connection closes before the fault has ended. */
export async function misbehave(fault: Fault, target: ServerResponse, createResponse: CreateResponse): Promise<void> {
  if (typeof fault === 'string') {
    await namedFaults[fault](target, createResponse)
  } else if ('delay' in fault) {
    await wait(milliseconds(fault.delay), closeSignal(target))
    send(target, await createResponse())
  } else {
    send(target, responseOf(fault))
  }
}

const namedFaults: Readonly<Record<NamedFault, SendFault>> = {
  hang: () => undefined,
  'hang-in-body': async (target, createResponse) => sendHalf(target, await createResponse()),
  drip: async (target, createResponse) => drip(target, await createResponse()),
  'cut-off': async (target, createResponse) => cutOff(target, await createResponse()),
  reset,
  nonsense: (target) => send(target, webPage),
  empty: (target) => send(target, { status: 200, headers: {}, body: '' }),
  huge: (target) => pipeline(endless, setHead(target, { status: 200, headers: jsonType })),
}

const jsonType = { 'content-type': 'application/json' }

const webPage: HttpResponse = {
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<!doctype html><title>Welcome</title><p>Please sign in to use this network.',
}

function responseOf({ status, headers, body }: ResponseFault): HttpResponse {
  return {
    status,
    headers: { ...(body === undefined ? {} : jsonType), ...headers },
    body: typeof body === 'object' ? JSON.stringify(body) : (body ?? ''),
  }
}

/** Sends half of the body under the `content-length` of the whole body. */
function sendHalf(target: ServerResponse, response: HttpResponse, onSent?: () => void): void {
  const body = Buffer.from(response.body)
  setHead(target, response).setHeader('content-length', body.length)
  target.write(body.subarray(0, body.length / 2), onSent)
}

/** The client reads the half before the connection ends, as it does over a network. */
async function cutOff(target: ServerResponse, response: HttpResponse): Promise<void> {
  const { socket } = target
  await new Promise<void>((resolve) => {
    sendHalf(target, response, resolve)
  })
  await setImmediate()
  socket?.end(() => socket.destroy())
}

async function drip(target: ServerResponse, response: HttpResponse): Promise<void> {
  const body = Buffer.from(response.body)
  const signal = closeSignal(target)
  setHead(target, response).setHeader('content-length', body.length)
  for (const byte of body) {
    await wait(100, signal)
    target.write(Buffer.of(byte))
  }
  target.end()
}

/** A connection in memory has no `resetAndDestroy`. There the peer sees a reset, because the stream has not ended. */
function reset({ socket }: ServerResponse): void {
  const connection: Duplex | null = socket
  if (connection instanceof Socket) {
    connection.resetAndDestroy()
  } else {
    connection?.destroy()
  }
}

/** `setImmediate` lets other work run between two chunks, because a fast reader would otherwise block the process. */
async function* endless(): AsyncGenerator<string, never> {
  yield '{"keys":['
  for (;;) {
    yield '"and so on",'.repeat(1000)
    await setImmediate()
  }
}

const maxTimerMilliseconds = 2 ** 31 - 1

/** Uses a timer without a reference, because an open delay must not prevent the exit of the test process. */
async function wait(duration: number, signal: AbortSignal): Promise<void> {
  await setTimeout(Math.min(duration, maxTimerMilliseconds), undefined, { ref: false, signal })
}

/** Aborts when the connection closes, so that no timer runs longer than its connection. */
function closeSignal(target: ServerResponse): AbortSignal {
  const controller = new AbortController()
  target.once('close', () => controller.abort())
  if (target.destroyed) {
    controller.abort()
  }
  return controller.signal
}
