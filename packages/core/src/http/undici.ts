/** The `code` of the error when undici is absent from a bundle, or is not undici itself. */
export const undiciNotLoaded = 'ERR_UNDICI_NOT_LOADED'

/**
 * undici is imported at the first outbound call, because its import takes a large part of the start-up time. The path
 * names its file, because Bun replaces the package by a module that ignores dispatchers. Without them, `network:
 * 'public'`, client certificates and timeouts have no effect.
 *
 * @throws Error with the code `undiciNotLoaded`: no call is made without the protections of undici.
 */
export async function importUndici(): Promise<typeof import('undici')> {
  const undici = await import('undici/index.js').catch((cause: unknown) => {
    const way = 'Exclude undici from the bundle, or add the banner `const require = createRequire(import.meta.url)`'
    throw notLoaded(
      `undici could not be loaded. It is CommonJS, for which a bundle of ES modules needs \`require\`. ${way}`,
      cause,
    )
  })
  if (typeof undici.Agent?.prototype.dispatch !== 'function') {
    throw notLoaded('The runtime replaces undici by a module without dispatchers, which would make unprotected calls')
  }
  return undici
}

function notLoaded(message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { code: undiciNotLoaded })
}
