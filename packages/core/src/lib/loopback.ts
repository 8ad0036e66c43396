/** Whether a URL is on `https:`, or on `http:` and loopback (W3C Secure Contexts §3.1). */
export function isSecure(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))
}

/** Whether a URL is on loopback, by the host that the URL parser returns: `127.1` and `LOCALHOST` count as well. */
export function isLoopback({ hostname }: URL): boolean {
  return /^((.*\.)?localhost|\[::1\]|127(\.\d{1,3}){3})$/.test(hostname)
}
