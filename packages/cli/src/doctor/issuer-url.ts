import { isLoopback } from '@tollgate/core/adapter'
import { presetIssuerFor } from '../presets.ts'
import { UsageError } from '../usage.ts'

/** The issuer that an argument means. */
export interface IssuerUrl {
  readonly url: string
  /** Whether the argument was the URL itself, so that metadata with another name is a fault. */
  readonly isExact: boolean
  /** What was changed, in sentences. */
  readonly remarks: readonly string[]
}

/** The library accepts 2,048 characters. The bound applies before any code looks at the text. */
const maxLength = 4096

/**
 * Reads the argument of `doctor`. It accepts a domain without a scheme, the URL of the metadata, and a URL with a query.
 *
 * @throws UsageError for an argument that is no URL, or one that Tollgate never fetches.
 */
export function parseIssuerUrl(argument: string): IssuerUrl {
  const text = argument
    .slice(0, maxLength)
    .trim()
    .replace(/^[<"'`]+|[>"'`,;]+$/g, '')
  const hasScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(text)
  const url = URL.parse(hasScheme ? text : `${schemeFor(text)}://${text}`)
  // A container has a name without a dot.
  const isName = url !== null && (hasScheme || url.hostname.includes('.') || isLoopback(url))
  if (url === null || !isName || !['http:', 'https:'].includes(url.protocol)) {
    throw new UsageError({
      problem: 'the argument of doctor is no URL of an issuer',
      fix: 'Give the URL that the tokens have in `iss`, such as https://as.example.com. npx @tollgate/cli decode shows it.',
    })
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError({ problem: 'the URL contains a user name or a password', fix: 'Leave both out.' })
  }
  if (url.protocol === 'http:' && !isLoopback(url)) {
    throw new UsageError({
      problem: 'the URL is on plain http:, and Tollgate fetches nothing over http: except on loopback',
      fix: 'Give the https: URL of the issuer. An attacker on the network could replace the keys of an http: issuer.',
    })
  }
  return normalize(text, url)
}

function schemeFor(text: string): 'http' | 'https' {
  const url = URL.parse(`http://${text}`)
  return url !== null && isLoopback(url) ? 'http' : 'https'
}

function normalize(text: string, url: URL): IssuerUrl {
  const remarks: string[] = []
  if (!/^[a-z]+:\/\//i.test(text)) {
    remarks.push(`A scheme was missing: ${url.protocol} is used.`)
  }
  if (url.search !== '' || url.hash !== '' || /[?#]$/.test(text)) {
    remarks.push('The query and the fragment were removed: no issuer has one.')
  }
  // RFC 8414 §3.1 puts the suffix before the path, and OpenID Connect Discovery §4.1 after it.
  const path = url.pathname
    .replace(/^\/\.well-known\/(oauth-authorization-server|openid-configuration)(?=\/|$)/, '')
    .replace(/\/\.well-known\/.*$/, '')
    .replace(/^(.*\/realms\/[^/]+)\/(protocol|account)\/.*$/, '$1')
  if (path !== url.pathname) {
    remarks.push('This is the URL of a document or of an endpoint: the issuer before it is checked.')
  }
  const plain = path === '/' && !(text.endsWith('/') && remarks.length === 0) ? '' : path
  const issuer = `${url.origin}${plain}`
  const vendor = presetIssuerFor(issuer)?.url
  return vendor === undefined || vendor === issuer
    ? { url: issuer, isExact: remarks.length === 0, remarks }
    : { url: vendor, isExact: false, remarks: [...remarks, `The issuer of this vendor has another name: ${vendor}`] }
}
