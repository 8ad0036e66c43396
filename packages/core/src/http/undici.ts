/**
 * undici is imported at the first outbound call, because its import takes a large part of the start-up time. The path
 * names its file, because Bun replaces the package by a module that ignores dispatchers, and with them the addresses of
 * `network: 'public'`, client certificates and the limits of connections.
 */
export const importUndici = async (): Promise<typeof import('undici')> => import('undici/index.js')
