import { once } from 'node:events'
import { connect } from 'node:net'

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const settings = 4
const headersFrame = 1
/** END_STREAM and END_HEADERS. */
const whole = 0x05
/** The statuses in the static table of HPACK from index 8 on (RFC 7541, appendix A). */
const statuses = [200, 204, 206, 304, 400, 404, 500]

/** The status of a GET with exactly these fields, over HTTP/2 without TLS. HTTP/2 clients refuse to repeat a field such as Authorization. */
export async function statusOverHttp2(origin: string, fields: readonly (readonly [string, string])[]): Promise<number> {
  const { hostname, port, host } = new URL(origin)
  const pseudo = [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', host],
  ] as const
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  const block = Buffer.concat([...pseudo, ...fields].map(literal))
  socket.write(Buffer.concat([Buffer.from(preface), frame(settings, 0, 0), frame(headersFrame, whole, 1, block)]))
  let received = Buffer.alloc(0)
  try {
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk as Buffer])
      const answer = framesOf(received).find(({ type, stream }) => type === headersFrame && stream === 1)
      if (answer !== undefined) {
        return statusOf(answer.payload)
      }
    }
  } finally {
    socket.destroy()
  }
  throw new Error('The connection was closed without an answer')
}

function frame(type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** A literal field without indexing and without Huffman codes (RFC 7541 §6.2.2). */
function literal([name, value]: readonly [string, string]): Buffer {
  return Buffer.concat([Buffer.from([0]), text(name), text(value)])
}

/** A length from 127 on continues in groups of seven bits (RFC 7541 §5.1). */
function text(value: string): Buffer {
  const length: number[] = value.length < 127 ? [value.length] : [127]
  let rest = value.length - 127
  for (; rest >= 128; rest = Math.floor(rest / 128)) {
    length.push((rest % 128) + 128)
  }
  return Buffer.concat([Buffer.from(rest >= 0 ? [...length, rest] : length), Buffer.from(value)])
}

interface Frame {
  readonly type: number
  readonly stream: number
  readonly payload: Buffer
}

function framesOf(received: Buffer): readonly Frame[] {
  const frames: Frame[] = []
  for (let at = 0; at + 9 <= received.length;) {
    const end = at + 9 + received.readUIntBE(at, 3)
    if (end > received.length) {
      break
    }
    frames.push({
      type: received.readUInt8(at + 3),
      stream: received.readUInt32BE(at + 5),
      payload: received.subarray(at + 9, end),
    })
    at = end
  }
  return frames
}

/** `:status` is the first field. Only indexed statuses of the static table are supported. */
function statusOf(block: Buffer): number {
  const first = block.readUInt8(0)
  const status = first >= 0x80 ? statuses[first - 0x80 - 8] : undefined
  if (status === undefined) {
    throw new Error(`Expected a status of the static table, got ${block.toString('hex')}`)
  }
  return status
}
