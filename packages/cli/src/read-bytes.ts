import type { Readable } from 'node:stream'

/** Reads a stream to its end. Throws `tooLarge` when it has more than `maxBytes`. */
export async function readBytes(stream: Readable, maxBytes: number, tooLarge: Error): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream as AsyncIterable<Buffer | string>) {
    const buffer = Buffer.from(chunk as Buffer)
    bytes += buffer.length
    if (bytes > maxBytes) {
      throw tooLarge
    }
    chunks.push(buffer)
  }
  return Buffer.concat(chunks)
}
