/** The suffix of RFC 9728 §3. */
const suffix = '/.well-known/oauth-protected-resource'

/**
 * The URL of the metadata of a resource (RFC 9728 §3.1): the suffix stands between the host and the path. A path that is
 * only a slash is dropped.
 */
export function metadataUrlOf(resource: string): string {
  const { origin } = new URL(resource)
  return `${origin}${suffix}${targetOf(resource).replace(/^\/(?=\?|$)/, '')}`
}

/**
 * The request targets at which the document of a resource is served. A slash at the end of the path is disputed, so that
 * the document is also served without it. A resource with a path is not served at the root, because a client must not use
 * a document of another resource (RFC 9728 §3.3).
 */
export function metadataPathsOf(resource: string): readonly string[] {
  const target = targetOf(metadataUrlOf(resource))
  return [...new Set([target, target.replace(/^([^?]*)\/(?=\?|$)/, '$1')])]
}

/** The path with the query. The URL has neither a fragment nor credentials. */
function targetOf(url: string): string {
  const { href, origin } = new URL(url)
  return href.slice(origin.length)
}

/** Whether a request target is exactly one of these. It is a path with the query, or an absolute URL. */
export function isMetadataTarget(target: string, paths: readonly string[]): boolean {
  return target.includes(suffix) && paths.includes(target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/#[^]*$/, ''))
}
