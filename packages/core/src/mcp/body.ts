/** In bytes, as in the SDK. */
const maxBytes = 4 * 1024 * 1024

/** The parsed JSON body of a web request. `undefined` for one that is absent, too long or malformed. */
export async function readBody(request: Request): Promise<unknown> {
  try {
    const text = await readText(request.body)
    return text === undefined ? undefined : (JSON.parse(text) as unknown)
  } catch {
    // The client sends the body. A stream can fail with any error.
    return undefined
  }
}

async function readText(body: ReadableStream<Uint8Array> | null): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) {
      return undefined
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
