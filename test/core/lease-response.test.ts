/** `leaseResponse` with web responses alone. test/conformance/streams.slow.test.ts has it behind a server. */
import type { UnderlyingDefaultSource } from 'node:stream/web'
import { setTimeout as sleep } from 'node:timers/promises'
import { createValidator, lease, type Lease, leaseResponse, type Validator } from '@tollgate/core'
import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import { afterAll, beforeAll, expect, test } from 'vitest'

let issuer: MockIssuer
let validator: Validator
beforeAll(async () => {
  issuer = await createMockIssuer({ port: 'none' })
  validator = createValidator(issuer.validatorOptions)
})
afterAll(async () => {
  await validator.close()
  await issuer.close()
})

async function openLease(claims: Record<string, unknown> = {}): Promise<Lease> {
  return lease(await validator.validate(await issuer.accessToken(claims)))
}

const chunk = new TextEncoder().encode('chunk')

interface Source {
  readonly body: ReadableStream<Uint8Array>
  readonly pulls: () => number
  readonly cancelled: () => unknown
}

/** A body without an end. It creates each chunk when it is read. */
function endless(): Source {
  let pulls = 0
  let cancelled: unknown
  const source: UnderlyingDefaultSource<Uint8Array> = {
    pull: (controller) => {
      pulls += 1
      controller.enqueue(chunk)
    },
    cancel: (reason: unknown) => {
      cancelled = reason
    },
  }
  const body = new ReadableStream<Uint8Array>(source, { highWaterMark: 0 })
  return { body, pulls: () => pulls, cancelled: () => cancelled }
}

function readerOf({ body }: Response): ReadableStreamDefaultReader<Uint8Array> {
  if (body === null) {
    throw new Error('Expected a body')
  }
  return body.getReader()
}

test('keeps status and headers, and reads the source only when the client reads', async () => {
  const source = endless()
  const opened = await openLease()
  const init = { status: 201, statusText: 'Made', headers: { 'Content-Type': 'text/event-stream', 'X-Own': 'yes' } }
  const response = leaseResponse(new Response(source.body, init), opened)
  expect([response.status, response.statusText, response.headers.get('x-own')]).toEqual([201, 'Made', 'yes'])
  const reader = readerOf(response)
  await sleep(20)
  expect(source.pulls()).toBe(0)
  await reader.read()
  await reader.read()
  await sleep(20)
  expect(source.pulls()).toBe(2)
  opened.end()
})

test('ends with the lease, and cancels the source with the reason', async () => {
  const source = endless()
  const opened = await openLease({ sid: 'streamed' })
  const reader = readerOf(leaseResponse(new Response(source.body), opened))
  expect(await reader.read()).toEqual({ done: false, value: chunk })
  await validator.revoke({ sid: 'streamed' })
  await new Promise((resolve) => opened.signal.addEventListener('abort', resolve))
  expect(await reader.read()).toEqual({ done: true, value: undefined })
  expect(source.cancelled()).toMatchObject({ reason: 'revoked' })
})

test('ends a read that waits', async () => {
  const opened = await openLease()
  const reader = readerOf(leaseResponse(new Response(new ReadableStream()), opened))
  const reading = reader.read()
  opened.end()
  expect(await reading).toEqual({ done: true, value: undefined })
})

test('a client that goes away cancels the source and ends the lease, also when the source fails then', async () => {
  const source = endless()
  const opened = await openLease()
  const reader = readerOf(leaseResponse(new Response(source.body), opened))
  await reader.read()
  await reader.cancel('gone')
  expect([source.cancelled(), opened.signal.aborted]).toEqual(['gone', true])

  const failing = await openLease()
  const cancel = async (): Promise<never> => Promise.reject(new Error('cancel'))
  const response = leaseResponse(new Response(new ReadableStream({ cancel })), failing)
  await expect(readerOf(response).cancel('gone')).rejects.toThrow(Error)
  expect(failing.signal.aborted).toBe(true)
})

test('the end of the source, and its error, end the body and the lease', async () => {
  const opened = await openLease()
  expect(await leaseResponse(new Response('all'), opened).text()).toBe('all')
  expect(opened.signal.aborted).toBe(true)

  const failing = await openLease()
  const body = new ReadableStream({ pull: async () => Promise.reject(new Error('source')) })
  await expect(leaseResponse(new Response(body), failing).text()).rejects.toThrow(Error)
  expect(failing.signal.aborted).toBe(true)
})

test('a response without a body ends the lease', async () => {
  const opened = await openLease()
  const response = new Response(null, { status: 204 })
  expect(leaseResponse(response, opened)).toBe(response)
  expect(opened.signal.aborted).toBe(true)
})

test('is the refusal, if the lease has ended', async () => {
  const source = endless()
  const opened = await openLease({ sid: 'late' })
  await validator.revoke({ sid: 'late' })
  await new Promise((resolve) => opened.signal.addEventListener('abort', resolve))
  const response = leaseResponse(new Response(source.body), opened)
  expect(response.status).toBe(401)
  expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"')
  expect(source.cancelled()).toMatchObject({ reason: 'revoked' })

  const ended = await openLease()
  ended.end()
  expect(await leaseResponse(new Response('all'), ended).text()).toBe('')
})

test('a token ends its lease when it is read after its exp, though the timer is late', async () => {
  const timed = await createMockIssuer({ port: 'none' })
  const other = createValidator(timed.validatorOptions)
  const opened = lease(await other.validate(await timed.accessToken()))
  timed.clock.advance('1h')
  expect(opened.signal.aborted).toBe(false)
  expect(opened.token.subject).toBe('alice')
  expect(opened.signal.reason).toMatchObject({ reason: 'expired', status: 401 })
  await other.close()
  await timed.close()
})
