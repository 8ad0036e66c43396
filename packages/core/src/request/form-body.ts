import type { HttpRequest } from './http-request.ts'
import { asRecord, isRecord } from '../lib/record.ts'
import { invalidRequest } from '../responses/refusal.ts'
import { type Soon, whenThere } from '../soon.ts'

/** A longer body of a web `Request` is not looked at; other requests come with a form that somebody has parsed, within bounds of their own. */
export const maxFormBytes: number = 64 * 1024

/** RFC 6750 §2.2: a form, single-part, all ASCII, and never of a GET. What does not qualify is not looked at. */
export function tokenInForm(request: HttpRequest): Soon<string | undefined> {
  if (request.method === 'GET' || request.method === 'HEAD' || !isUrlEncodedForm(request)) {
    return undefined
  }
  return whenThere(request.form ?? (isWebRequest(request) ? readForm(request) : undefined), tokenIn)
}

function tokenIn(form: unknown): string | undefined {
  const token = isRecord(form) && Object.hasOwn(form, 'access_token') ? form['access_token'] : undefined
  if (token === undefined || !Object.entries(form as object).every(isAscii)) {
    return undefined
  }
  if (typeof token !== 'string') {
    throw invalidRequest('repeated-credentials')
  }
  return token
}

export function isUrlEncodedForm({ headers }: Pick<HttpRequest, 'headers'>): boolean {
  for (const [name, value] of headers) {
    if (name.toLowerCase() === 'content-type') {
      return /^application\/x-www-form-urlencoded *(;|$)/i.test(value)
    }
  }
  return false
}

function isAscii(entry: readonly unknown[]): boolean {
  return /^\p{ASCII}*$/u.test(JSON.stringify(entry))
}

function isWebRequest(request: HttpRequest): request is HttpRequest & Request {
  return 'clone' in request && 'body' in request && 'bodyUsed' in request && isUnread(request)
}

function isUnread({ body, bodyUsed }: { body: unknown; bodyUsed: unknown }): boolean {
  return bodyUsed === false && asRecord(body)['locked'] !== true
}

/** From a clone, so that a handler can read the body again. One that cannot be read has been sent badly. */
async function readForm(request: Request): Promise<Record<string, unknown> | undefined> {
  const text = await readText(request.clone().body).catch(() => {
    throw invalidRequest('malformed-credentials')
  })
  return text === undefined ? undefined : parseForm(text)
}

/** Members that stand several times become arrays, as with parsers of bodies. */
export function parseForm(text: string): Record<string, unknown> {
  const parameters = new URLSearchParams(text)
  return Object.fromEntries(
    [...new Set(parameters.keys())].map((name) => {
      const values = parameters.getAll(name)
      return [name, values.length === 1 ? values[0] : values]
    }),
  )
}

async function readText(body: ReadableStream<Uint8Array> | null): Promise<string | undefined> {
  const reader = body?.getReader()
  const chunks: Uint8Array[] = []
  let bytes = 0
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    bytes += part.value.byteLength
    if (bytes > maxFormBytes) {
      // Of a clone this ends with the original, for which nobody waits here.
      reader?.cancel().catch(isOfNoConcern)
      return undefined
    }
    if (part.value.byteLength > 0) {
      chunks.push(part.value)
    }
  }
  return Buffer.concat(chunks).toString()
}

function isOfNoConcern(): void {}
