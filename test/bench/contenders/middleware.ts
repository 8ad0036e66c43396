/** What middlewares for Express read of a request. */
interface FakeRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly query: object
  readonly get: (name: string) => string | undefined
  readonly is: () => boolean
}

type Middleware = (request: never, response: never, next: (error?: unknown) => void) => unknown

/** A middleware, called without a server; rejects with what it hands to `next`. */
export function calling(middleware: Middleware): (authorization: string) => Promise<void> {
  return (authorization) =>
    new Promise((resolve, reject) => {
      const next = (error?: unknown): void =>
        error === undefined ? resolve() : reject(error instanceof Error ? error : new Error('It was refused'))
      middleware(requestWith(authorization) as never, response(next) as never, next)
    })
}

function requestWith(authorization: string): FakeRequest {
  const headers: Readonly<Record<string, string>> = { host: 'api.example.com', authorization }
  return {
    method: 'GET',
    url: '/',
    headers,
    query: {},
    get: (name) => headers[name.toLowerCase()],
    is: () => false,
  }
}

/** Some answer by themselves instead. */
function response(next: (error: unknown) => void): object {
  return { setHeader: () => undefined, end: () => next(new Error('It was refused')) }
}
