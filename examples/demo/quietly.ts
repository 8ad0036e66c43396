/** oidc-provider warns that it is not set up for production, which is true, and nobody's concern here. */
export function quietly<Result>(act: () => Result): Result {
  const { warn, info } = console
  const silence = (): void => undefined
  const restore = (): void => void Object.assign(console, { warn, info })
  Object.assign(console, { warn: silence, info: silence })
  const result = act()
  if (result instanceof Promise) {
    void result.finally(restore)
  } else {
    restore()
  }
  return result
}
