import { readFileSync } from 'node:fs'
import { connect } from 'node:net'

/**
 * The tokens of a file, in turn over 64 connections: each token again and again, or each token once. A DPoP proof can
 * follow a token in its line.
 */
export interface Load {
  readonly port: number
  readonly file: string
  readonly tokens: 'again' | 'once'
  readonly seconds: number
}

/**
 * Loads a server, in a process of its own. It sends prepared bytes and looks at three bytes of each response, because
 * a generator with an HTTP parser needs more time for a request than the server. A response other than `200` rejects.
 */
export async function load({ port, file, tokens, seconds }: Load): Promise<{ requests: number; took: number }> {
  const requests = files.get(file) ?? readFileSync(file, 'latin1').split('\n').map(requestWith)
  files.set(file, requests)
  const start = performance.now()
  const end = start + seconds * 1000
  const next = tokens === 'once' ? requests.values() : repeat(requests)
  const counts = await Promise.all(Array.from({ length: 64 }, () => sendAll(port, next, end)))
  return { requests: counts.reduce((sum, count) => sum + count, 0), took: (performance.now() - start) / 1000 }
}

const files = new Map<string, readonly Buffer[]>()

function requestWith(line: string): Buffer {
  const [token, proof] = line.split(' ')
  const credentials = proof === undefined ? `Bearer ${token}` : `DPoP ${token}\r\nDPoP: ${proof}`
  return Buffer.from(`GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${credentials}\r\n\r\n`)
}

function* repeat<Item>(items: readonly Item[]): Generator<Item> {
  for (;;) {
    yield* items
  }
}

/** Sends requests over one connection, until the end or the last token. Resolves with the number of responses. */
function sendAll(port: number, requests: Iterator<Buffer>, end: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let responses = 0
    const buffer = Buffer.alloc(16_384)
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback: receive } }, send)
    socket.once('error', reject).once('close', () => reject(new Error('The server closed a connection')))

    function send(): void {
      const next = performance.now() > end ? undefined : requests.next()
      if (next === undefined || next.done === true) {
        resolve(responses)
        socket.destroy()
      } else {
        socket.write(next.value)
      }
    }

    // "HTTP/1.1 2…" and {"ok":true}, which can arrive by itself.
    function receive(length: number): boolean {
      if (buffer[0] === 'H'.charCodeAt(0) && buffer[9] !== '2'.charCodeAt(0)) {
        reject(new Error(`The server refused a token: ${buffer.toString('latin1', 0, length)}`))
      } else if (buffer[length - 1] === '}'.charCodeAt(0)) {
        responses += 1
        send()
      }
      return true
    }
  })
}
