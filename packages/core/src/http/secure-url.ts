import { isIP } from 'node:net'
import { isPublicAddress } from './public-address.ts'

/** Plain `http:` is for loopback only, as browsers treat secure contexts. */
export function isSecure(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))
}

export function isLoopback({ hostname }: URL): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(hostname)
  )
}

/** The same for a name that need not be a URL. */
export function isLoopbackName(name: string): boolean {
  return URL.canParse(name) && isLoopback(new URL(name))
}

/** Loopback, or another address that ends up on this very host. */
export function isThisHost(url: URL): boolean {
  return (
    isLoopback(url) ||
    /^(0\.\d+\.\d+\.\d+|\[::\]|\[::ffff:(7f[\da-f]{2}|0):[\da-f]+\]|(.*\.)?localhost\.)$/.test(url.hostname)
  )
}

/** An absolute URL without white space, user name, query or fragment; `undefined` when it is none. The text itself is never normalized. */
export function parsePlainUrl(text: string): URL | undefined {
  const url = URL.canParse(text) && !/\s/.test(text) ? new URL(text) : undefined
  return url !== undefined && !/[?#]/.test(text) && !holdsPassword(url) ? url : undefined
}

/** A user name or password, which would end up in messages and logs. */
export function holdsPassword({ username, password }: URL): boolean {
  return username !== '' || password !== ''
}

/** Whether it may be at a public address: a name, which is looked up later, or such an address itself. */
export function isPerhapsPublic(url: URL): boolean {
  const address = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return isIP(address) === 0 ? !isThisHost(url) : isPublicAddress(address)
}
