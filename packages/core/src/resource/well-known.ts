/** The suffix of RFC 9728 §3. */
const suffix = '/.well-known/oauth-protected-resource'

/**
 * The URL of the metadata of a resource (RFC 9728 §3.1): the suffix stands between the host and the path. A path that is
 * only a slash is dropped.
 */
export function metadataUrlOf(resource: string): string {
  const { origin, pathname, search } = new URL(resource)
  return `${origin}${suffix}${pathname === '/' ? '' : pathname}${search}`
}

/**
 * The request targets at which the document of a resource is served. A slash at the end of the path is disputed, so that
 * the document is also served without it.
 */
export function metadataPathsOf(resource: string): readonly string[] {
  const { pathname, search } = new URL(metadataUrlOf(resource))
  const withoutSlash = pathname.replace(/\/$/, '')
  return [...new Set([`${pathname}${search}`, `${withoutSlash}${search}`])]
}
