/** The upgrade requests of sockets of `ws`, whose clients do not have them. */
const requests = new WeakMap<object, unknown>()

const recording = new WeakSet<object>()

type ConnectionHandler = (this: object, client: object, ...args: readonly unknown[]) => unknown

/** Records the request of each connection. Nest passes it to `handleConnection` before the first message. */
export function recordUpgradeRequests(prototype: { handleConnection?: ConnectionHandler }): void {
  if (recording.has(prototype)) {
    return
  }
  recording.add(prototype)
  const { handleConnection: original } = prototype

  function handleConnection(this: object, client: object, ...args: readonly unknown[]): unknown {
    const [request] = args
    if (request !== undefined) {
      requests.set(client, request)
    }
    return original?.call(this, client, ...args)
  }
  Object.defineProperty(prototype, 'handleConnection', { value: handleConnection, writable: true, configurable: true })
}

export function upgradeRequestOf(client: object): unknown {
  return requests.get(client)
}
