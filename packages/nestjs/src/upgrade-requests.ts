/** The upgrade requests of sockets of `ws`, whose clients do not have them. */
const requests = new WeakMap<object, unknown>()

const recording = new WeakSet<object>()

/** The functions that learn of the connections of a gateway. An application has one for each instance. */
const listeners = new WeakMap<object, (client: object) => void>()

/** `connected` gets each client of the gateway, before the application does. */
export function listenToConnections(gateway: object, connected: (client: object) => void): void {
  listeners.set(gateway, connected)
}

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
    listeners.get(this)?.(client)
    return original?.call(this, client, ...args)
  }
  Object.defineProperty(prototype, 'handleConnection', { value: handleConnection, writable: true, configurable: true })
}

export function upgradeRequestOf(client: object): unknown {
  return requests.get(client)
}
