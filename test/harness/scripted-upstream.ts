import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import type { FetchMessage } from '@tollgate/core'
import { Agent, buildConnector, type Dispatcher } from 'undici'
import { type Handler, status } from './upstream.ts'

/** What an issuer does when one of its documents is asked for: an answer, or its host is not even reached. */
export type Behaviour = Handler | 'refuses connections' | 'has no address'

/** Where an issuer keeps what it publishes: its well-known URLs in their order, its keys, and where it may move them to. */
export type Place = 'oauth' | 'openid' | 'jwks' | 'moved'

const urls: Readonly<Record<Place, string>> = {
  oauth: 'as/.well-known/oauth-authorization-server',
  openid: 'as/.well-known/openid-configuration',
  jwks: 'keys/jwks',
  moved: 'moved/jwks',
}

export type Script = Readonly<Partial<Record<Place, Behaviour>>>

/** All hosts of an issuer, over real sockets. It hangs on no test, so that many may run at once. */
export interface ScriptedUpstream {
  readonly issuer: string
  /** From now on it does this. Other places are 404. */
  readonly act: (script: Script) => void
  /** Leads to it, each call on a connection of its own. */
  readonly dispatcher: Dispatcher
  /** How often each place was called, or another URL; calls that reach nobody count too. */
  readonly calls: () => Readonly<Record<string, number>>
  /** Whether nothing is under way. */
  readonly isAtRest: () => boolean
  readonly close: () => Promise<void>
}

export async function openScriptedUpstream(): Promise<ScriptedUpstream> {
  const script: Record<string, Behaviour | undefined> = {}
  const calls: Call[] = []
  const server = createServer((request, response) => {
    const behaviour = calls[Number(request.headers[callNumber])]?.behaviour
    const act = typeof behaviour === 'function' ? behaviour : status(404)
    act(request, response)
  })
  const port = Number(new URL(await listen(server)).port)
  // Unlike any that is open at the same time: diagnostics tell whose call is over by it.
  const domain = `port-${port}.example`
  const agent = new Agent({ pipelining: 0, connect: connectorTo(port, script) })
  const ended = countEnded(domain)
  return {
    issuer: `https://as.${domain}`,
    act: (changes) => void Object.assign(script, changes),
    dispatcher: agent.compose(noting(calls, script)),
    calls: () =>
      Object.fromEntries(calls.map(({ place }) => [place, calls.filter((call) => call.place === place).length])),
    isAtRest: () => ended.count() === calls.length,
    close: async () => {
      ended.stop()
      await agent.destroy()
      closeServer(server)
    },
  }
}

interface Call {
  readonly place: string
  readonly behaviour: Behaviour | undefined
}

const callNumber = 'x-call-number'

/** What becomes of a call is settled when it is made, and not when it arrives. */
function noting(
  calls: Call[],
  script: Readonly<Record<string, Behaviour | undefined>>,
): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const place = placeOf(new URL(String(options.origin)).host, options.path)
    const number = calls.push({ place, behaviour: script[place] }) - 1
    return dispatch({ ...options, headers: { ...Object(options.headers), [callNumber]: String(number) } }, handler)
  }
}

function placeOf(host: string, path: string): string {
  const url = `${host.split('.')[0]}${path}`
  return Object.entries(urls).find(([, candidate]) => candidate === url)?.[0] ?? url
}

function countEnded(domain: string): { readonly count: () => number; readonly stop: () => void } {
  let ended = 0
  const onEnded = (message: unknown): void => {
    ended += new URL((message as FetchMessage).url).host.endsWith(domain) ? 1 : 0
  }
  subscribe('tollgate:fetch', onEnded)
  return { count: () => ended, stop: () => void unsubscribe('tollgate:fetch', onEnded) }
}

const nobodyListens = '1'

/** Every host is the server at this port, which is spared TLS, as behind a proxy that ends it. */
function connectorTo(port: number, script: Readonly<Record<string, Behaviour | undefined>>): buildConnector.connector {
  const found = buildConnector({ lookup: toLoopback })
  const lost = buildConnector({ lookup: toNowhere })
  return (options, callback) => {
    const host = options.hostname.split('.')[0]
    const [place = ''] = Object.entries(urls).find(([, url]) => url.startsWith(`${host}/`)) ?? []
    const connect = script[place] === 'has no address' ? lost : found
    const target = script[place] === 'refuses connections' ? nobodyListens : String(port)
    connect({ ...options, protocol: 'http:', port: target }, callback)
  }
}

const toLoopback: LookupFunction = (_name, _options, callback) => {
  callback(null, [{ address: '127.0.0.1', family: 4 }])
}

const toNowhere: LookupFunction = (name, _options, callback) => {
  callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }), [])
}

export async function listen(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export function closeServer(server: Server): void {
  server.closeAllConnections()
  server.close()
}
