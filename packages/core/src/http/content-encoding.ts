import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
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

/**
 * Decodes the body of a response by its `Content-Encoding` (RFC 9110 §8.4). The requests of the library accept no
 * compression, but some servers and file stores compress anyway. The result has at most `maxBytes` bytes.
 *
 * @throws UpstreamError `too-large`, or `content-encoding` for another encoding and for a body that does not have it.
 */
export function decodeBody(name: string, encoding: unknown, body: Uint8Array, maxBytes: number): Uint8Array {
  const coding = typeof encoding === 'string' ? encoding.trim().toLowerCase() : encoding
  if (body.length === 0 || coding === undefined || coding === '' || coding === 'identity') {
    return body
  }
  const shown = typeof coding === 'string' && /^[\w ,-]{1,40}$/.test(coding) ? ` (${coding})` : ''
  const message = `${name} answered with a \`Content-Encoding\`${shown} that could not be decoded`
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
    if (own(error, 'code') === 'ERR_BUFFER_TOO_LARGE') {
      throw new UpstreamError({ reason: 'too-large', message: `${name} answered more than ${maxBytes} bytes` })
    }
    throw new UpstreamError({ reason: 'content-encoding', message })
  }
}
