const oauth = '/.well-known/oauth-authorization-server'
const openid = '/.well-known/openid-configuration'

/**
 * The URLs of the metadata of an issuer, in the order of the requests. RFC 8414 §3.1 puts the suffix between host and
 * path. OpenID Connect Discovery §4.1 appends it to the issuer.
 */
export function wellKnownUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const inserted = [`${origin}${oauth}${path}`, `${origin}${openid}${path}`]
  return path === '' ? inserted : [...inserted, `${origin}${path}${openid}`]
}
