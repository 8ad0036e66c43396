import { own } from '../lib/record.ts'
import type { HttpRequest } from '../request/http-request.ts'

/** A request as an `issuer` function gets it. It records whether the function read a member. */
export interface ObservedRequest {
  /** A frozen object with an own getter for each member, so that destructuring and copying are reads as well. */
  readonly view: HttpRequest | undefined
  readonly isRead: () => boolean
  /** Resolves at the first read. */
  readonly whenRead: Promise<undefined>
  /** From now on a read throws, because other requests share a result that depends on no read. */
  readonly seal: () => void
}

/** Observes a request. Without a request there is nothing to read. */
export function observeRequest(request: HttpRequest | undefined): ObservedRequest {
  const { promise: whenRead, resolve } = Promise.withResolvers<undefined>()
  let state: 'unread' | 'read' | 'sealed' = 'unread'

  function note(): void {
    if (state === 'sealed') {
      throw new TypeError(
        'Expected the `issuer` function to read the request before it returns its result: a result without a read serves other requests too',
      )
    }
    state = 'read'
    resolve(undefined)
  }

  return {
    view: request && viewOf(request, note),
    isRead: () => state === 'read',
    whenRead,
    seal: () => {
      state = 'sealed'
    },
  }
}

/** All views have the same names, because the presence of `form` would say something about the request unnoticed. */
function viewOf(request: HttpRequest, note: () => void): HttpRequest {
  return Object.freeze<HttpRequest>({
    get method() {
      note()
      return request.method
    },
    get url() {
      note()
      return request.url
    },
    get headers() {
      note()
      return request.headers
    },
    get form() {
      note()
      return own(request, 'form')
    },
  })
}
