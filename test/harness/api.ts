import { type AccessToken, type Guard, scopes, type Validator } from '@tollgate/core'
import type { ProtectOptions } from '@tollgate/core/adapter'
import type { Adapter } from './adapters.ts'
import type { Serving } from './adapters/adapter.ts'
import { listen } from './listen.ts'
import { type ResultCode, resultCodeOf } from './result-code.ts'
import { type Received, send, type Sent } from './send.ts'

export { listen } from './listen.ts'

/** A protected API over real HTTP, until the test ends. */
export interface Api {
  readonly origin: string
  /** The token that the handler last saw. */
  readonly seen: () => AccessToken | undefined
  readonly send: (sent: Sent) => Promise<Received>
  /** Sends a request, one at a time. Returns the result code of the response. */
  readonly outcome: (sent: Sent) => Promise<ResultCode>
  /** The result code of a GET with this bearer token. */
  readonly present: (token: string) => Promise<ResultCode>
}

export interface ApiOptions extends Pick<Serving, 'inner' | 'habits' | 'onError'> {
  readonly protection: ProtectOptions | Validator
  /** Default: the scope `read`. */
  readonly guards?: readonly Guard[]
}

export async function openApi(adapter: Adapter, { guards = [scopes('read')], ...options }: ApiOptions): Promise<Api> {
  let handled = 0
  let seen: AccessToken | undefined
  const server = adapter.serve({
    ...options,
    guards,
    onHandled: (token) => {
      handled += 1
      seen = token
    },
  })
  const origin = await listen(server)

  async function outcome(sent: Sent): Promise<ResultCode> {
    handled = 0
    return resultCodeOf(await send(origin, sent), handled)
  }

  return {
    origin,
    seen: () => seen,
    send: (sent) => send(origin, sent),
    outcome,
    present: (token) => outcome({ headers: [['Authorization', `Bearer ${token}`]] }),
  }
}
