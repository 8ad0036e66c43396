import type { Server } from 'node:http'
import type { AccessToken, Guard, Validator } from '@tollgate/core'
import type { ProtectOptions } from '@tollgate/core/adapter'

export interface Serving {
  readonly protection: ProtectOptions | Validator
  readonly guards: readonly Guard[]
  /** Called by the handler of every route. */
  readonly onHandled: (token: AccessToken | undefined) => void
  /** What protects `/inner` within the protection of all; default: the same. */
  readonly inner?: ProtectOptions | Validator | undefined
  /** What the framework has of its own. `cors`: its CORS layer, in front of all or behind the protection. `trust proxy`. `own challenge`: the app sets one, and a header, before. */
  readonly habits?: readonly ('cors in front' | 'cors behind' | 'trust proxy' | 'own challenge')[] | undefined
  /** The app handles errors by itself: it is shown each, and answers with its status, its headers and `mine`. */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** A framework for which Tollgate has an adapter, or what takes its place. Every requirement is verified in each. */
export interface Adapter {
  readonly name: string
  /**
   * A server with the same routes in every framework, for any method. Protected with the guards: `/items`; `/mounted/items`, in a router or scope that is mounted; `/twice`, by
   * each of two layers and within a protected scope; `/failing`, whose handler throws. `/optional` is so optionally. `/inner/items` is protected by `inner`, in a part of the app that
   * is protected as a whole. `/unguarded`, of frameworks, is not protected, and asks for the token all the same. Form bodies are parsed.
   */
  readonly serve: (serving: Serving) => Server
  /** Makes what protects, and no server: for mistakes that must show at start-up. */
  readonly create: (options: ProtectOptions) => Promise<unknown>
}

export function isValidator(protection: ProtectOptions | Validator): protection is Validator {
  return 'authenticate' in protection
}

/** The error of a handler, which is no affair of Tollgate's. */
export const mistake = new Error('a mistake in a handler')

/** What the app's own error handling answers with. */
export function statusAndHeadersOf(error: unknown): { status: number; headers: Record<string, string> } {
  const { status = 500, headers = {} } = error as { status?: number; headers?: Record<string, string> }
  return { status, headers }
}
