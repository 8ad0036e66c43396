import { isIP } from 'node:net'
import { isLoopback } from '../lib/loopback.ts'
import { isPublicAddress } from './public-address.ts'

/** The names of issuers and endpoints appear in messages, logs and cache keys. */
export const maxUrlLength = 2048
/** A DNS name has at most 253 characters (RFC 1035 §2.3.4). The work of IDNA is not linear in a longer host. */
const maxAuthorityLength = 300

/** The same for the name of an issuer, which need not be a URL. */
export function isLoopbackName(name: string): boolean {
  const url = parsePlainUrl(name)
  return url !== undefined && isLoopback(url)
}

/** Whether a URL is on loopback, or on another address that leads to this host. */
export function isThisHost(url: URL): boolean {
  return (
    isLoopback(url) ||
    /^(0\.\d+\.\d+\.\d+|\[::\]|\[::ffff:(7f[\da-f]{2}|0):[\da-f]+\]|(.*\.)?localhost\.)$/.test(url.hostname)
  )
}

/**
 * An absolute `http:` or `https:` URL of at most 2,048 characters, without white space, user name, query or fragment.
 * `undefined` for every other text. The path must be spelled as the URL parser spells it, because an application
 * compares the text, and the library fetches the parsed URL. The host may have another spelling. It does not check
 * whether the URL is secure.
 */
export function parsePlainUrl(text: string): URL | undefined {
  if (text.length > maxUrlLength) {
    return undefined
  }
  const [, authority = '', path = '/'] = /^https?:\/\/([^/\\?#@\s]+)(\/[^?#\s]*)?$/i.exec(text) ?? []
  const url = authority !== '' && authority.length <= maxAuthorityLength ? URL.parse(text) : null
  return url !== null && url.pathname === path ? url : undefined
}

/** Whether a URL has a user name or a password. These would appear in messages and logs. */
export function hasCredentials({ username, password }: URL): boolean {
  return username !== '' || password !== ''
}

/** Whether a URL can be on a public address. A host name can: its addresses are checked when it is looked up. */
export function canBePublic(url: URL): boolean {
  const address = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return isIP(address) === 0 ? !isThisHost(url) : isPublicAddress(address)
}
