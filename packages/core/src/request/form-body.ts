import { isAscii } from '../lib/ascii.ts'
import { own } from '../lib/record.ts'
import { invalidRequest } from '../responses/refusal.ts'
import type { HttpRequest } from './http-request.ts'

/** The library does not parse longer bodies. Frameworks bound the forms that they parse. */
export const maxFormBytes: number = 64 * 1024

/** Forms that are nested deeper do not qualify. */
const maxDepth = 100

/**
 * The `access_token` of a form body (RFC 6750 §2.2). `undefined` when there is none, and when the request does not
 * qualify. GET and HEAD requests and other content types do not qualify. Neither do characters other than ASCII, and
 * bodies that are too long or already read.
 *
 * @throws Refusal 400: `repeated-credentials` for a repeated parameter, `malformed-credentials` for an unreadable body.
 */
export async function tokenInForm(request: HttpRequest): Promise<string | undefined> {
  if (request.method === 'GET' || request.method === 'HEAD' || !isUrlEncodedForm(request)) {
    return undefined
  }
  const form = own(request, 'form') ?? (isUnreadWebRequest(request) ? await readForm(request) : undefined)
  const token = own(form, 'access_token')
  if (token === undefined || !isAsciiForm(form, maxDepth)) {
    return undefined
  }
  if (typeof token !== 'string') {
    throw invalidRequest('repeated-credentials')
  }
  return token
}

/** Whether the first `Content-Type` line is `application/x-www-form-urlencoded`, with any parameters. */
export function isUrlEncodedForm({ headers }: Pick<HttpRequest, 'headers'>): boolean {
  const [, type = ''] = Array.from(headers).find(([name]) => name.toLowerCase() === 'content-type') ?? []
  return /^application\/x-www-form-urlencoded *(;|$)/i.test(type)
}

/**
 * Parses the text of a form, and returns its `access_token`: a string, or an array when it is repeated. Drops all other
 * parameters. Returns no token when a parameter has a character other than ASCII. The work is linear in the length of
 * the text. Does not limit that length.
 */
export function parseForm(text: string): { readonly access_token?: string | readonly string[] } {
  const tokens: string[] = []
  for (const [name, value] of new URLSearchParams(text)) {
    if (!isAscii(name) || !isAscii(value)) {
      return {}
    }
    if (name === 'access_token') {
      tokens.push(value)
    }
  }
  const [token] = tokens
  return token === undefined ? {} : { access_token: tokens.length === 1 ? token : tokens }
}

/** Whether all names and texts of a parsed form are ASCII. Parsers of frameworks may nest them. */
function isAsciiForm(value: unknown, depth: number): boolean {
  if (typeof value === 'string') {
    return isAscii(value)
  }
  if (typeof value !== 'object' || value === null) {
    return true
  }
  return depth > 0 && Object.entries(value).every(([name, item]) => isAscii(name) && isAsciiForm(item, depth - 1))
}

function isUnreadWebRequest(request: HttpRequest): request is HttpRequest & Request {
  const { body, bodyUsed } = request as HttpRequest & Partial<Request>
  return 'clone' in request && body !== undefined && bodyUsed === false && body?.locked !== true
}

/** Reads a clone, so that a handler can read the body again. */
async function readForm(request: Request): Promise<ReturnType<typeof parseForm>> {
  // A stream can fail with any error. Each one means that the body cannot be read.
  const text = await readText(request.clone().body).catch(() => {
    throw invalidRequest('malformed-credentials')
  })
  return parseForm(text)
}

/** Empty for a longer body than `maxFormBytes`. */
async function readText(body: ReadableStream<Uint8Array> | null): Promise<string> {
  const reader = body?.getReader()
  const chunks: Uint8Array[] = []
  let bytes = 0
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    bytes += part.value.byteLength
    if (bytes > maxFormBytes) {
      // The cancellation of a clone ends with the original. Nothing waits for it.
      reader?.cancel().catch(() => undefined)
      return ''
    }
    if (part.value.byteLength > 0) {
      chunks.push(part.value)
    }
  }
  return Buffer.concat(chunks).toString()
}
