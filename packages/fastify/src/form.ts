import { Readable } from 'node:stream'
import { nodeHeaders, isUrlEncodedForm, maxFormBytes, parseForm } from '@tollgate/core/adapter'
import type { FastifyInstance } from 'fastify'
import type { ProtectedReply, ProtectedRequest } from './request.ts'

/** A body that was read before Fastify parses it. */
interface ReadBody {
  /** `undefined` when the body is too long. */
  readonly form: unknown
  /** The same bytes, for the parser. */
  readonly replay: Readable
}

const bodies = new WeakMap<ProtectedRequest, ReadBody>()
const replayed = new WeakSet<ProtectedRequest>()

/** The form of a request, when a parser or `readForm` has read it. */
export function formOf(request: ProtectedRequest): unknown {
  return request.body ?? bodies.get(request)?.form
}

/**
 * Reads a form body that can carry the token (RFC 6750 §2.2). Fastify parses bodies after `onRequest`. A hook that
 * waited for the parser would run after every hook that can respond earlier. A compressed body is not read, and neither
 * is one that a `preParsing` hook has taken.
 */
export async function readForm(request: ProtectedRequest, reply: ProtectedReply): Promise<void> {
  const { raw, headers, method, body } = request
  const isUnread = body === undefined && !raw.readableDidRead && !replayed.has(request) && raw.upgrade !== true
  const isForm = method !== 'GET' && method !== 'HEAD' && isUrlEncodedForm({ headers: nodeHeaders({ headers }) })
  const isPlain = headers['content-encoding'] === undefined
  if (isUnread && isForm && isPlain && !(Number(headers['content-length']) > maxFormBytes)) {
    // Node discards the rest of a body only when no code has started to read it. An unread rest would block the
    // connection.
    reply.raw.once('finish', () => resumeBody(raw))
    bodies.set(request, await read(raw).catch(endedEarly))
  }
}

/** Discards the rest of a body. HTTP/2 does not end the stream before. */
export function resumeBody(raw: ProtectedRequest['raw']): void {
  raw.resume()
  raw.stream?.resume()
}

/** Fastify itself responds with 400 in this case. */
function endedEarly(cause: unknown): never {
  throw Object.assign(new Error('The request has ended before its body', { cause }), { statusCode: 400 })
}

async function read(raw: Readable): Promise<ReadBody> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of raw.iterator({ destroyOnReturn: false })) {
    chunks.push(Buffer.from(chunk))
    bytes += Buffer.byteLength(chunk)
    if (bytes > maxFormBytes) {
      return { form: undefined, replay: Readable.from(inTurn(chunks, raw), { objectMode: false }) }
    }
  }
  return {
    form: parseForm(Buffer.concat(chunks).toString()),
    replay: Readable.from(chunks, { objectMode: false }),
  }
}

async function* inTurn(chunks: readonly Buffer[], rest: Readable): AsyncGenerator {
  yield* chunks
  yield* rest
}

/** Gives the bytes that `readForm` took to Fastify's parser, once per request. */
export function replayForms(app: FastifyInstance): void {
  app.addHook('preParsing', async (request, _reply, payload) => {
    const body = replayed.has(request) ? undefined : bodies.get(request)
    replayed.add(request)
    return body?.replay ?? payload
  })
}
