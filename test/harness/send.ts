import { type IncomingMessage, request } from 'node:http'
import { buffer } from 'node:stream/consumers'

export interface Sent {
  readonly method?: string
  readonly path?: string
  /** The header lines on the wire, repeated ones included. */
  readonly headers?: readonly (readonly [string, string])[]
  readonly body?: string | undefined
  /** A body without `Content-Length`. */
  readonly chunks?: readonly string[]
}

export interface Received {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** Every challenge of `WWW-Authenticate`. A web `Response` has them in one line, which counts as several. */
  readonly challenges: readonly string[]
  readonly body: string
}

let refusals = new Set<string>()

/** The different refusals and failures that `send` receives during the work: status, challenges, body. */
export async function refusalsDuring(work: () => Promise<void>): Promise<ReadonlySet<string>> {
  const received = new Set<string>()
  refusals = received
  await work()
  return received
}

/** Sends a request with exactly these header lines. `fetch` would join or refuse some of them. */
export async function send(
  origin: string,
  { method = 'GET', path = '/items', headers = [], body, chunks = [] }: Sent,
): Promise<Received> {
  const { host } = new URL(origin)
  const length = body === undefined ? [] : ['Content-Length', String(Buffer.byteLength(body))]
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const named = headers.some(([name]) => name.toLowerCase() === 'host') ? [] : ['Host', host]
    const encoding = chunks.length === 0 ? [] : ['Transfer-Encoding', 'chunked']
    const lines = [...named, ...headers.flat(), ...length, ...encoding]
    const sending = request(`${origin}${path}`, { method, headers: lines, agent: false })
      .on('response', resolve)
      .on('error', reject)
    chunks.forEach((chunk) => sending.write(chunk))
    sending.end(body)
  })
  const status = response.statusCode ?? 0
  const challenges = response.rawHeaders
    .filter((_, index, raw) => raw[index - 1]?.toLowerCase() === 'www-authenticate' && index % 2 === 1)
    .flatMap(separate)
  const received = (await buffer(response)).toString()
  if (challenges.length > 0 || response.headers['cache-control'] === 'no-store') {
    refusals.add([status, ...challenges, received].join('\n'))
  }
  return { status, headers: response.headers, challenges, body: received }
}

/** The challenges of one line. No value of a parameter contains what separates them. */
function separate(line: string): readonly string[] {
  return line.split(/, (?=\w+ \w+=")/)
}
