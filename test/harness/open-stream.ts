import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:http2'
import type { Readable } from 'node:stream'
import { onTestFinished } from 'vitest'

/** A response whose body may not have ended. */
export interface OpenStream {
  readonly status: number
  readonly challenge: string | undefined
  readonly body: Readable
  /** Resolves with the time when it has ended, in milliseconds since the epoch, and whether it is complete. */
  readonly ended: Promise<{ readonly at: number; readonly isComplete: boolean }>
  /** Closes the connection. */
  readonly abort: () => void
}

export interface StreamRequest {
  readonly protocol: 'http/1.1' | 'http/2'
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly token: string
}

/** Sends a request, and resolves when the headers of the response are here. The body waits until it is read. */
export async function openStream(origin: string, sent: StreamRequest): Promise<OpenStream> {
  return sent.protocol === 'http/2' ? openHttp2(origin, sent) : openHttp(origin, sent)
}

async function openHttp(origin: string, { method, path, token }: StreamRequest): Promise<OpenStream> {
  const headers = { authorization: `Bearer ${token}` }
  const sending = request(`${origin}${path}`, { method, headers, agent: false })
  onTestFinished(() => void sending.destroy())
  sending.on('error', () => undefined).end()
  const [response] = (await once(sending, 'response')) as [IncomingMessage]
  return {
    status: response.statusCode ?? 0,
    challenge: response.headers['www-authenticate'],
    body: response,
    ended: endOf(response),
    abort: () => void sending.destroy(),
  }
}

async function openHttp2(origin: string, { method, path, token }: StreamRequest): Promise<OpenStream> {
  const connection = connect(origin).on('error', () => undefined)
  onTestFinished(() => connection.destroy())
  const stream = connection.request({ ':method': method, ':path': path, authorization: `Bearer ${token}` })
  stream.end()
  const ended = endOf(stream)
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
  return {
    status: Number(headers[':status']),
    challenge: headers['www-authenticate'] as string | undefined,
    body: stream,
    ended,
    abort: () => connection.destroy(),
  }
}

async function endOf(body: Readable): ReturnType<() => OpenStream['ended']> {
  let isComplete = false
  body.on('end', () => (isComplete = true)).on('error', () => (isComplete = false))
  return new Promise((resolve) => {
    body.on('close', () => resolve({ at: Date.now(), isComplete }))
  })
}
