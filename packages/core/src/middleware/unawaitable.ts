/** A middleware that cannot be awaited. A compiler reports `await protect(…)` because of its `then`. */
export type Unawaitable<Middleware> = Middleware & { readonly then: (mistake: never) => void }

/** `await protect(…)` in a handler would protect nothing. This makes it reject with a `TypeError`. */
export function unawaitable<Middleware extends object>(middleware: Middleware): Unawaitable<Middleware> {
  // oxlint-disable-next-line unicorn/no-thenable -- this is the trap
  return Object.defineProperty(middleware, 'then', {
    value: (_resolve: unknown, reject: (error: TypeError) => void) =>
      reject(
        new TypeError(
          'protect(…) returns a middleware, and to await it protects nothing: give it to the route or to the app, or return it from an async function as a member of an object',
        ),
      ),
  }) as Unawaitable<Middleware>
}
