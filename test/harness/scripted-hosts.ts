import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer } from 'node:http'
import type { LookupFunction } from 'node:net'
import { Agent, buildConnector, type Dispatcher } from 'undici'
import { onTestFinished, vi } from 'vitest'
import { settle, type TestClock } from './clock.ts'
import { listen } from './listen.ts'
import { type Handler, json, status } from './responses.ts'

/** The response of a host to a request, or the reason why no request reaches the host. */
export type Behaviour = Handler | 'refuses connections' | 'has no address' | 'never connects'

/** The URLs of an issuer: its well-known URLs in their order, its keys, and the place to which it can move its keys. */
type Place = 'oauth' | 'openid' | 'jwks' | 'moved'

export type Script = Readonly<Partial<Record<Place, Behaviour>>>

/** The number of calls to each place. A place without calls is absent. */
export type Calls = Readonly<Partial<Record<Place, number>>>

/** A call to a host, which may have failed before it reached the host. */
interface Call {
  readonly place: string
  readonly behaviour: Behaviour | undefined
  /** The time of the test clock in milliseconds. */
  readonly at: number
  readonly signal: unknown
}

/**
 * All hosts of an issuer, behind a dispatcher: each host follows a script, and can refuse connections or have no address.
 * Use them for faults only. Use a scripted issuer where the server itself responds.
 */
export interface ScriptedHosts {
  readonly issuer: string
  /** Changes the script. The response of places without a script is 404. */
  readonly act: (script: Script) => void
  /** Leads to the hosts. Each call has its own connection. */
  readonly dispatcher: Dispatcher
  readonly calls: readonly Call[]
  readonly counts: () => Calls
  /** Resolves when no call is under way and the validator has seen the result of each. */
  readonly rest: () => Promise<void>
}

const urls: Readonly<Record<Place, string>> = {
  oauth: 'as/.well-known/oauth-authorization-server',
  openid: 'as/.well-known/openid-configuration',
  jwks: 'keys/jwks',
  moved: 'moved/jwks',
}

export async function openScriptedHosts(clock: TestClock): Promise<ScriptedHosts> {
  const script: Record<string, Behaviour | undefined> = {}
  const calls: Call[] = []
  const server = createServer((request, response) => {
    const behaviour = calls[Number(request.headers[callNumber])]?.behaviour
    const act = typeof behaviour === 'function' ? behaviour : status(404)
    act(request, response)
  })
  const port = Number(new URL(await listen(server)).port)
  // The diagnostics channel is shared by all tests of the thread. The port in the name tells the calls apart.
  const domain = `port-${port}.example`
  const agent = new Agent({ pipelining: 0, connect: connectorTo(port, script) })
  onTestFinished(() => agent.destroy())
  const ended = countEnded(domain)

  const note: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
    const place = placeOf(new URL(String(options.origin)).host, options.path)
    const signal = (options as { readonly signal?: unknown }).signal
    // A repeat after a reset is a part of its call.
    const repeated = calls.findIndex((call) => call.place === place && call.signal === signal)
    const number =
      repeated === -1 ? calls.push({ place, behaviour: script[place], at: clock.now(), signal }) - 1 : repeated
    return dispatch({ ...options, headers: { ...Object(options.headers), [callNumber]: String(number) } }, handler)
  }

  return {
    issuer: `https://as.${domain}`,
    act: (changes) => void Object.assign(script, changes),
    dispatcher: agent.compose(note),
    calls,
    counts: () =>
      Object.fromEntries(calls.map(({ place }) => [place, calls.filter((call) => call.place === place).length])),
    rest: async () => {
      await vi.waitUntil(() => ended() === calls.length, { timeout: 200_000, interval: 1 })
      await settle()
    },
  }
}

/** The metadata of the issuer whose host begins with `as.`, with these members. The keys are at a sibling of that host. */
export function metadata(
  { keysAt = 'keys', ...members }: { readonly keysAt?: 'keys' | 'moved'; readonly [member: string]: unknown } = {},
  headers: Readonly<Record<string, string>> = {},
): Handler {
  return (request, response) => {
    const { host = '' } = request.headers
    const uri = `https://${host.replace(/^as\./, `${keysAt}.`)}/jwks`
    json({ issuer: `https://${host}`, jwks_uri: uri, ...members }, headers)(request, response)
  }
}

const callNumber = 'x-call-number'

function placeOf(host: string, path: string): string {
  const url = `${host.split('.')[0]}${path}`
  return Object.entries(urls).find(([, candidate]) => candidate === url)?.[0] ?? url
}

function countEnded(domain: string): () => number {
  let ended = 0
  const onEnded = (message: unknown): void => {
    ended += new URL((message as { readonly url: string }).url).host.endsWith(domain) ? 1 : 0
  }
  subscribe('tollgate:fetch', onEnded)
  onTestFinished(() => void unsubscribe('tollgate:fetch', onEnded))
  return () => ended
}

const closedPort = '1'

/** Connects every host to the server at this port, without TLS, as a proxy that terminates TLS does. */
function connectorTo(port: number, script: Readonly<Record<string, Behaviour | undefined>>): buildConnector.connector {
  const found = buildConnector({ lookup: toLoopback })
  const lost = buildConnector({ lookup: toNowhere })
  return (options, callback) => {
    const host = options.hostname.split('.')[0]
    const [place = ''] = Object.entries(urls).find(([, url]) => url.startsWith(`${host}/`)) ?? []
    if (script[place] === 'never connects') {
      return
    }
    const connect = script[place] === 'has no address' ? lost : found
    const target = script[place] === 'refuses connections' ? closedPort : String(port)
    connect({ ...options, protocol: 'http:', port: target }, callback)
  }
}

const toLoopback: LookupFunction = (_name, _options, callback) => {
  callback(null, [{ address: '127.0.0.1', family: 4 }])
}

const toNowhere: LookupFunction = (name, _options, callback) => {
  callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }), [])
}
