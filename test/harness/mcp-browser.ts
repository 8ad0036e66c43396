/** Opens a page as a browser does: it follows redirects and returns cookies. It stops in front of the page that gets the code. */
export async function browseTo(url: URL, callbackUrl: string): Promise<URLSearchParams> {
  const cookies = new Map<string, string>()
  let next = url
  for (let pages = 0; pages < 10; pages++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(next, { redirect: 'manual', headers: { cookie } })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (location === null) {
      throw new Error(`Expected a redirect, got ${response.status} at ${next.pathname}: ${await response.text()}`)
    }
    next = new URL(location, next)
    if (`${next.origin}${next.pathname}` === callbackUrl) {
      return next.searchParams
    }
  }
  throw new Error('Expected fewer redirects')
}
