import type { DescribedSettings } from '../described-settings.ts'
import { settingsOf, type TrustedIssuer } from '../issuers/trusted-issuer.ts'
import { invalidOption } from '../lib/invalid-option.ts'
import type { OpenApiSettings } from './open-api-options.ts'
import type { SecurityScheme } from './open-api-types.ts'

/** One way to send a token. */
export interface Carrier {
  /** The schemes that a request needs together. Those that list scopes come first. */
  readonly schemes: readonly string[]
  /** Whether the first scheme lists scopes. */
  readonly listsScopes: boolean
  /** Where it stands: in alternatives that accept any token, and in those that need a token of DPoP. */
  readonly serves: readonly ('any-token' | 'dpop-token')[]
}

/** The schemes of one validator, and the ways to send a token that it accepts. */
export interface ValidatorSchemes {
  readonly carriers: readonly Carrier[]
  /** `scopes` are those of all requirements. */
  readonly definitions: (scopes: readonly string[]) => Readonly<Record<string, SecurityScheme>>
}

/** `number` counts the validators of a document, whose schemes have different names. */
export function createSchemes(
  described: DescribedSettings,
  { version, scheme, prefix }: OpenApiSettings,
  number: number,
): ValidatorSchemes {
  const { credentials, dpop, mtls } = described
  const nameOf = (name: string): string => `${prefix}${name.replaceAll(/[^\w.-]/g, '_')}${number > 1 ? number : ''}`
  const isNew = version !== '3.0'
  const oauth = oauthSchemeOf(described, scheme ?? (isNew ? 'http' : 'auto'))
  const needsBinding = isBindingRequired(described)
  const acceptsBearer = dpop.mode !== 'required' && (!needsBinding || mtls.mode !== 'off')
  const tls = (isNeeded: boolean): readonly string[] => (isNeeded && isNew ? [nameOf('mutualTLS')] : [])
  const tlsOfBearer = tls(mtls.mode === 'required' || needsBinding)
  const tlsOfDpop = tls(mtls.mode === 'required')

  const ofDpop: Carrier['serves'] = acceptsBearer ? ['dpop-token'] : ['any-token', 'dpop-token']
  const authorization: readonly Carrier[] = !credentials.includes('authorization')
    ? []
    : oauth === undefined
      ? [
          ...(acceptsBearer ? [carrier([nameOf('bearer'), ...tlsOfBearer], isNew, ['any-token'])] : []),
          ...(dpop.mode === 'off' ? [] : [carrier([nameOf('dpop'), ...tlsOfDpop], isNew, ['any-token', 'dpop-token'])]),
        ]
      : [
          // This scheme covers tokens under Bearer and under DPoP.
          ...(acceptsBearer ? [carrier([nameOf('oauth'), ...tlsOfBearer], true, ['any-token'])] : []),
          ...(dpop.mode === 'off' ? [] : [carrier([nameOf('oauth'), nameOf('dpop'), ...tlsOfDpop], true, ofDpop)]),
        ]
  // OpenAPI has no words for the subprotocols of a WebSocket.
  const others = credentials.filter((source) => typeof source === 'object' && source.in !== 'web-socket-protocol')
  const keys = others.map((source) => ({ source, name: nameOf(`${source.in}_${source.name}`) }))
  const carriers = [
    ...authorization,
    ...(acceptsBearer ? keys.map(({ name }) => carrier([name, ...tlsOfBearer], isNew, ['any-token'])) : []),
  ]

  function definitions(scopes: readonly string[]): Readonly<Record<string, SecurityScheme>> {
    const all: Readonly<Record<string, SecurityScheme>> = {
      ...(oauth && { [nameOf('oauth')]: oauth(scopes) }),
      [nameOf('bearer')]: bearerScheme(described),
      [nameOf('dpop')]: dpopScheme(described),
      ...Object.fromEntries(keys.map(({ name, source }) => [name, keyScheme(source)])),
      [nameOf('mutualTLS')]: {
        type: 'mutualTLS',
        description: 'The client certificate to which the access token is bound (RFC 8705)',
      },
    }
    const used = new Set(carriers.flatMap(({ schemes }) => schemes))
    return Object.fromEntries(Object.entries(all).filter(([name]) => used.has(name)))
  }
  return { carriers, definitions }
}

function carrier(schemes: readonly string[], listsScopes: boolean, serves: Carrier['serves']): Carrier {
  return { schemes, listsScopes, serves }
}

type OAuthScheme = (scopes: readonly string[]) => SecurityScheme

/** `undefined` when the document describes tokens by the schemes of HTTP. */
function oauthSchemeOf(
  { issuers }: DescribedSettings,
  scheme: NonNullable<OpenApiSettings['scheme']> | 'auto',
): OAuthScheme | undefined {
  if (scheme === 'http') {
    return undefined
  }
  if (typeof scheme === 'object') {
    return (scopes) => ({ type: 'oauth2', description: ofAccessToken, flows: withScopes(scheme.flows, scopes) })
  }
  const url = typeof issuers === 'function' ? undefined : discoveryUrlOf(issuers)
  if (url === undefined && scheme === 'openIdConnect') {
    throw invalidOption(
      "Expected one listed issuer with a URL for `scheme: 'openIdConnect'`, because its discovery document stands in the scheme",
    )
  }
  return url === undefined
    ? undefined
    : () => ({ type: 'openIdConnect', description: ofAccessToken, openIdConnectUrl: url })
}

const ofAccessToken = 'An OAuth 2.0 access token, which an ID token cannot replace'

function discoveryUrlOf([issuer, ...others]: readonly TrustedIssuer[]): string | undefined {
  if (issuer === undefined || others.length > 0 || !/^https?:/i.test(issuer.url)) {
    return undefined
  }
  return settingsOf(issuer).metadata ?? `${issuer.url.replace(/\/$/, '')}/.well-known/openid-configuration`
}

/** The developer may describe the scopes. */
function withScopes(flows: object, scopes: readonly string[]): object {
  const ofRoutes = Object.fromEntries(scopes.map((scope) => [scope, '']))
  const entries = Object.entries(flows as Readonly<Record<string, { readonly scopes?: object }>>)
  return Object.fromEntries(entries.map(([name, flow]) => [name, { ...flow, scopes: { ...ofRoutes, ...flow.scopes } }]))
}

function bearerScheme({ issuers }: DescribedSettings): SecurityScheme {
  const areJwts =
    typeof issuers !== 'function' && issuers.every((issuer) => settingsOf(issuer).introspection === undefined)
  return {
    type: 'http',
    scheme: 'bearer',
    ...(areJwts ? { bearerFormat: 'JWT' } : {}),
    description: 'An OAuth 2.0 access token (RFC 6750)',
  }
}

function dpopScheme({ dpop }: DescribedSettings): SecurityScheme {
  return {
    type: 'http',
    scheme: 'DPoP',
    description: `An access token that is bound to a key, with a proof in the header \`DPoP\` (RFC 9449). Algorithms: ${dpop.algorithms.join(', ')}`,
  }
}

function keyScheme(source: { readonly in: 'header' | 'cookie'; readonly name: string }): SecurityScheme {
  return {
    type: 'apiKey',
    in: source.in,
    name: source.name,
    description: `An OAuth 2.0 access token, which is the whole value of this ${source.in}`,
  }
}

/** Whether every listed issuer binds each of its tokens, as FAPI 2.0 demands. */
function isBindingRequired({ issuers }: DescribedSettings): boolean {
  return typeof issuers !== 'function' && issuers.every((issuer) => settingsOf(issuer).binding === 'required')
}
