import { Readable } from 'node:stream'
import { nodeHeaders, isUrlEncodedForm, maxFormBytes, parseForm } from '@tollgate/core/adapter'
import type { FastifyInstance } from 'fastify'
import type { ProtectedReply, ProtectedRequest } from './request.ts'

/** A body that was read before Fastify has parsed it. */
interface ReadBody {
  /** `undefined` when it is too long to be looked at. */
  readonly form: unknown
  /** The same once more, for the parser. */
  readonly replay: Readable
}

const bodies = new WeakMap<ProtectedRequest, ReadBody>()
const replayed = new WeakSet<ProtectedRequest>()

/** The form of a request, once somebody has parsed or read it. */
export function formOf(request: ProtectedRequest): unknown {
  return request.body ?? bodies.get(request)?.form
}

/**
 * Reads a form body that may carry the token (RFC 6750 §2.2). Fastify parses bodies after `onRequest`, and a judgement that waited for it
 * would let everything that answers in between go by unjudged. Between the two, in `preParsing`, it is not looked at, nor when it is compressed.
 */
export async function readForm(request: ProtectedRequest, reply: ProtectedReply): Promise<void> {
  const { raw, headers, method, body } = request
  const isUnread = body === undefined && !raw.readableDidRead && !replayed.has(request) && raw.upgrade !== true
  const isForm = method !== 'GET' && method !== 'HEAD' && isUrlEncodedForm({ headers: nodeHeaders({ headers }) })
  const isPlain = headers['content-encoding'] === undefined
  if (isUnread && isForm && isPlain && !(Number(headers['content-length']) > maxFormBytes)) {
    // Node lets go of the rest of a body only when nobody has begun with it: left alone, it would block the connection.
    reply.raw.once('finish', () => letGo(raw))
    bodies.set(request, await read(raw).catch(endedTooSoon))
  }
}

/** Of the rest of a body, for which nobody waits any more; HTTP/2 ends no stream before. */
export function letGo(raw: ProtectedRequest['raw']): void {
  raw.resume()
  raw.stream?.resume()
}

/** As when Fastify reads it. */
function endedTooSoon(cause: unknown): never {
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

/** Plays what was read to the parser, by the first of the scopes that do. */
export function replayForms(app: FastifyInstance): void {
  app.addHook('preParsing', async (request, _reply, payload) => {
    const body = replayed.has(request) ? undefined : bodies.get(request)
    replayed.add(request)
    return body?.replay ?? payload
  })
}
