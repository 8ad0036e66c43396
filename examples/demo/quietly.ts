/** Runs a function without `console.warn` and `console.info`, because oidc-provider warns about a test set-up. */
export function quietly<Result>(run: () => Result): Result {
  const { warn, info } = console
  const silence = (): void => undefined
  const restore = (): void => void Object.assign(console, { warn, info })
  Object.assign(console, { warn: silence, info: silence })
  const result = run()
  if (result instanceof Promise) {
    void result.finally(restore)
  } else {
    restore()
  }
  return result
}
