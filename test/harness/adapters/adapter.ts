import type { Server } from 'node:http'
import type { AccessToken, Guard, Validator } from '@tollgate/core'
import type { ProtectOptions } from '@tollgate/core/adapter'

type Habit = 'cors in front' | 'cors behind' | 'trust proxy' | 'own challenge' | 'metadata in front' | 'metadata behind'

export interface Serving {
  readonly protection: ProtectOptions | Validator
  readonly guards: readonly Guard[]
  /** Called by the handler of every route. */
  readonly onHandled: (token: AccessToken | undefined) => void
  /** The protection of `/inner`, behind that of the whole app. Default: the same. */
  readonly inner?: ProtectOptions | Validator | undefined
  /**
   * Settings of the app. `cors`: the CORS layer of the framework, in front of all or behind the protection. `own challenge`: the app sets a
   * challenge and a header of its own first. `metadata in front`: the app serves the metadata of both protections, in front of a protection of
   * the whole app with the guards. `metadata behind`: the same behind it, as far as the framework has an order.
   */
  readonly habits?: readonly Habit[] | undefined
  /** The error handling of the app. It receives each error, and responds with its status, its headers and `mine`. */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** A framework for which Tollgate has an adapter, or the web `Request`. Every requirement is verified in each. */
export interface Adapter {
  readonly name: string
  /**
   * A server with the same routes in every framework, for any method. It parses form bodies.
   *
   * - `/items` has the guards. `/mounted/items` has them in a mounted router or scope.
   * - `/twice` has them in two layers, within a protected scope.
   * - `/failing` has them, and its handler throws.
   * - `/optional` has them, and needs no credentials.
   * - `/inner/items` has the protection `inner`, in a protected part of the app.
   * - `/unguarded` has no protection, and its handler calls `auth`. Only frameworks have this route.
   */
  readonly serve: (serving: Serving) => Server
  /** Creates the protection without a server. Invalid options must throw there. */
  readonly create: (options: ProtectOptions) => Promise<unknown>
}

export function isValidator(protection: ProtectOptions | Validator): protection is Validator {
  return 'authenticate' in protection
}

/** The error of a handler. Tollgate passes it to the framework. */
export const mistake = new Error('a mistake in a handler')

/** The response of the error handling of the app. */
export function statusAndHeadersOf(error: unknown): { status: number; headers: Record<string, string> } {
  const { status = 500, headers = {} } = error as { status?: number; headers?: Record<string, string> }
  return { status, headers }
}
