/** The old names of the scripted issuer, for tests that still use them. */
import { type Handler, json } from './responses.ts'
import { openScriptedIssuer, type ScriptedIssuer } from './scripted-issuer.ts'

export { type Handler, json, status } from './responses.ts'

export interface Upstream extends Pick<ScriptedIssuer, 'url' | 'routes' | 'count'> {
  /** The paths of all requests, in order. */
  readonly asked: readonly string[]
}

/** A scripted issuer with these routes and no others. */
export async function openUpstream(routes: Record<string, Handler> = {}): Promise<Upstream> {
  const issuer = await openScriptedIssuer()
  Object.keys(issuer.routes).forEach((path) => delete issuer.routes[path])
  Object.assign(issuer.routes, routes)
  return upstreamOf(issuer)
}

/** A scripted issuer that publishes these keys and has no introspection endpoint. */
export async function openIssuerUpstream(keys: readonly unknown[]): Promise<Upstream> {
  const upstream = await openUpstream()
  const { url, routes } = upstream
  routes['/.well-known/oauth-authorization-server'] = json({ issuer: url, jwks_uri: `${url}/jwks` })
  routes['/jwks'] = json({ keys })
  return upstream
}

export function upstreamOf({ url, routes, count, requests }: ScriptedIssuer): Upstream {
  return {
    url,
    routes,
    count,
    get asked() {
      return requests.map((request) => request.url)
    },
  }
}
