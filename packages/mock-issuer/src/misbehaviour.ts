import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { announce, type Answer, send } from './answer.ts'
import { milliseconds } from './clock.ts'
import type { AnswerFault, Fault, NamedFault } from './faults.ts'

/** The right answer, made at the moment it is asked for. */
export type Duty = () => Answer | Promise<Answer>

type Misbehaviour = (response: ServerResponse, duty: Duty) => void | Promise<void>

/** Carries out a fault. It rejects when the connection ends first, as it does on `close()`. */
export async function misbehave(fault: Fault, response: ServerResponse, duty: Duty): Promise<void> {
  if (typeof fault === 'string') {
    await misbehaviours[fault](response, duty)
  } else if ('delay' in fault) {
    await pause(milliseconds(fault.delay), whileOpen(response))
    send(response, await duty())
  } else {
    send(response, answerOf(fault))
  }
}

const misbehaviours: Readonly<Record<NamedFault, Misbehaviour>> = {
  hang: () => undefined,
  'hang-in-body': async (response, duty) => sendHalf(response, await duty()),
  drip: async (response, duty) => drip(response, await duty()),
  'cut-off': async (response, duty) => cutOff(response, await duty()),
  reset,
  nonsense: (response) => send(response, nonsense),
  empty: (response) => send(response, { status: 200, headers: {}, body: '' }),
  huge: (response) =>
    pipeline(endless, announce(response, { status: 200, headers: { 'content-type': 'application/json' } })),
}

const nonsense: Answer = {
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<!doctype html><title>Welcome</title><p>Please sign in to use this network.',
}

function answerOf({ status, headers = {}, body }: AnswerFault): Answer {
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  return {
    status,
    headers: { ...type, ...headers },
    body: typeof body === 'object' ? JSON.stringify(body) : (body ?? ''),
  }
}

/** Announces the whole body. */
function sendHalf(response: ServerResponse, answer: Answer, sent?: () => void): void {
  const body = Buffer.from(answer.body)
  announce(response, answer).setHeader('content-length', body.length)
  response.write(body.subarray(0, body.length / 2), sent)
}

function cutOff(response: ServerResponse, answer: Answer): void {
  const { socket } = response
  sendHalf(response, answer, () => socket?.end(() => socket.destroy()))
}

async function drip(response: ServerResponse, answer: Answer): Promise<void> {
  const body = Buffer.from(answer.body)
  const signal = whileOpen(response)
  announce(response, answer).setHeader('content-length', body.length)
  for (const byte of body) {
    await pause(100, signal)
    response.write(Buffer.of(byte))
  }
  response.end()
}

/** A connection in memory is reset by whoever destroys it before its end. */
function reset(response: ServerResponse): void {
  const socket: Duplex | null = response.socket
  if (socket instanceof Socket) {
    socket.resetAndDestroy()
  } else {
    socket?.destroy()
  }
}

/** Goes on when the client has read, and leaves it time for other things. */
async function* endless(): AsyncGenerator<string, never> {
  yield '{"keys":['
  for (;;) {
    yield '"and so on",'.repeat(1000)
    await setImmediate()
  }
}

const longestPause = 2 ** 31 - 1

/** Does not keep the process alive. */
async function pause(duration: number, signal: AbortSignal): Promise<void> {
  await setTimeout(Math.min(duration, longestPause), undefined, { ref: false, signal })
}

/** Aborts when the connection is gone, so that no timer outlives it. */
function whileOpen(response: ServerResponse): AbortSignal {
  const controller = new AbortController()
  response.once('close', () => controller.abort())
  if (response.destroyed) {
    controller.abort()
  }
  return controller.signal
}
