import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { zstdDecompressSync } from '../lib/recent-node.ts'
import { own } from '../lib/record.ts'
import { UpstreamError } from '../responses/unavailable.ts'

type Decode = (body: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array

const decoders: ReadonlyMap<unknown, Decode> = new Map<unknown, Decode>([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateSync],
  ['br', brotliDecompressSync],
  ['zstd', zstdDecompressSync],
])

/** The first bytes of formats with which no document begins (RFC 1952 §2.3.1, RFC 8878 §3.1.1). */
const beginnings: Readonly<Record<string, string>> = { gzip: '1f8b', zstd: '28b52ffd' }

/**
 * Decodes the body of a response by its `Content-Encoding` (RFC 9110 §8.4). The requests of the library accept no
 * compression, but some servers and file stores compress anyway, and some file stores do not say so. Without the
 * header, the first bytes reveal gzip and zstd. The result has at most `maxBytes` bytes.
 *
 * @throws UpstreamError `too-large`, or `content-encoding` for another encoding and for a body that does not have it.
 */
export function decodeBody(name: string, encoding: unknown, body: Uint8Array, maxBytes: number): Uint8Array {
  const stated = typeof encoding === 'string' ? encoding.trim().toLowerCase() : encoding
  const coding = stated === undefined || stated === '' || stated === 'identity' ? codingOf(body) : stated
  if (body.length === 0 || coding === undefined) {
    return body
  }
  const shown = typeof coding === 'string' && /^[\w ,-]{1,40}$/.test(coding) ? ` (${coding})` : ''
  const message = `${name} answered in a content encoding${shown} that could not be decoded`
  const decode = decoders.get(coding)
  if (decode === undefined) {
    throw new UpstreamError({ reason: 'content-encoding', message })
  }
  try {
    return decode(body, { maxOutputLength: maxBytes })
  } catch (error) {
    if (!(error instanceof Error)) {
      throw error
    }
    // Bun throws another error than Node for an output that is too long.
    if (own(error, 'code') === 'ERR_BUFFER_TOO_LARGE' || error instanceof RangeError) {
      throw new UpstreamError({ reason: 'too-large', message: `${name} answered more than ${maxBytes} bytes` })
    }
    throw new UpstreamError({ reason: 'content-encoding', message })
  }
}

function codingOf(body: Uint8Array): string | undefined {
  const start = Buffer.from(body.subarray(0, 4)).toString('hex')
  return Object.keys(beginnings).find((coding) => start.startsWith(beginnings[coding] ?? ''))
}
