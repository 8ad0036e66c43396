/** Makes outbound calls in the runtime that runs this file, and prints the outcome of each, and the state at the end. */
import { createDispatcher, type FindDispatcher } from '../../packages/core/src/http/dispatchers.ts'
import { createNetworks } from '../../packages/core/src/http/network.ts'
import { sendRequest } from '../../packages/core/src/http/send-request.ts'

/** A call: its URL, and the connection that it uses. */
export interface Call {
  readonly url: string
  readonly connection: 'default' | 'public' | 'certificate'
}

/** The argument of this file, as JSON. */
export interface Calls {
  readonly calls: Readonly<Record<string, Call>>
  readonly certificate: { readonly cert: string; readonly key: string; readonly ca: string }
  /** Milliseconds of each call. */
  readonly deadline: number
}

const { calls, certificate, deadline } = JSON.parse(process.argv[2] ?? '') as Calls
const networks = createNetworks({ dispatcher: undefined, clock: Date.now })
const plain = networks.of('any', 'listed')
const publicOnly = createDispatcher({})
const certified = createDispatcher(certificate)
const dispatchers: Readonly<Record<Call['connection'], FindDispatcher>> = {
  default: (_access, connection) => plain.dispatcher(connection),
  public: (_access, connection) => publicOnly('public', connection),
  certificate: (_access, connection) => certified('any', connection),
}

async function outcomeOf({ url, connection }: Call): Promise<string> {
  const dispatcher = dispatchers[connection]
  const network = { ...plain, dispatcher: (kind?: 'any' | 'new') => dispatcher('any', kind) }
  const signal = AbortSignal.timeout(deadline)
  const request = { purpose: 'keys', url, method: 'GET', headers: {}, maxBytes: 1000, network, signal } as const
  try {
    const { status, body } = await sendRequest(request)
    return `${status} ${Buffer.from(body).toString()}`.trim()
  } catch (error) {
    return (error as { readonly reason?: string }).reason ?? String(error)
  }
}

const outcomes: Record<string, string> = {}
for (const [name, call] of Object.entries(calls)) {
  const start = performance.now()
  const outcome = await outcomeOf(call)
  outcomes[name] = performance.now() - start > 10 * deadline ? `${outcome}, too late` : outcome
}
await networks.close()
// The process ends by itself, because nothing is open.
console.log(JSON.stringify(outcomes))
