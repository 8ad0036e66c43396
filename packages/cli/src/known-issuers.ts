/** An issuer whose vendor is known by its URL. */
export interface KnownIssuer {
  readonly preset: string
  /** The argument of the preset. */
  readonly argument: string
  /** Further options, as in `version: 'v1'`. */
  readonly options?: string
}

/** `path` has no slash at its end. Some vendors need the name as it is written. */
type Find = (url: URL, path: string, issuer: string) => KnownIssuer | undefined

/** The preset for an issuer. `undefined` when its vendor is not known. It does NOT check that the issuer exists. */
export function knownIssuer(issuer: string): KnownIssuer | undefined {
  const url = URL.parse(issuer)
  if (url === null) {
    return undefined
  }
  const path = url.pathname.replace(/\/+$/, '')
  for (const find of finders) {
    const found = find(url, path, issuer)
    if (found !== undefined) {
      return found
    }
  }
  return undefined
}

/** The code that creates the issuer. */
export function codeOf({ preset, argument, options }: KnownIssuer): string {
  return `${preset}('${argument}'${options === undefined ? '' : `, { ${options} }`})`
}

/** The value of `--preset`, such as `entra=<tenant id>,version=v1`. */
export function presetText({ preset, argument, options }: KnownIssuer): string {
  const further = options === undefined ? '' : `,${options.replace(': ', '=').replaceAll("'", '')}`
  return `${preset}=${argument}${further}`
}

const finders: readonly Find[] = [
  ({ hostname }) => (hostname.endsWith('.auth0.com') ? { preset: 'auth0', argument: hostname } : undefined),
  ({ hostname, origin }, path) => {
    const isOkta = /\.(okta|oktapreview|okta-emea)\.com$/.test(hostname) && /^\/oauth2\/(?!v1$)[\w-]+$/.test(path)
    return isOkta ? { preset: 'okta', argument: `${origin}${path}` } : undefined
  },
  entra,
  ({ hostname }, path) => {
    const isPool = /^cognito-idp\.[\w-]+\.amazonaws\.com$/.test(hostname) && /^\/[\w-]+$/.test(path)
    return isPool ? { preset: 'cognito', argument: path.slice(1) } : undefined
  },
  ({ hostname, origin }) =>
    hostname.endsWith('.clerk.accounts.dev') || hostname.startsWith('clerk.')
      ? { preset: 'clerk', argument: origin }
      : undefined,
  ({ hostname }, path) => {
    const client = /^\/user_management\/(client_\w+)$/.exec(path)?.[1]
    return hostname === 'api.workos.com' && client !== undefined ? { preset: 'workos', argument: client } : undefined
  },
  ({ hostname }) => (hostname.endsWith('.authkit.app') ? { preset: 'workos', argument: hostname } : undefined),
  ({ hostname }, path, issuer) =>
    hostname === 'api.descope.com' && /\/P\w+$/.test(path) ? { preset: 'descope', argument: issuer } : undefined,
  ({ hostname, origin }) => (hostname.endsWith('.supabase.co') ? { preset: 'supabase', argument: origin } : undefined),
  ({ hostname }, path) =>
    hostname === 'securetoken.google.com' && /^\/[a-z\d-]+$/.test(path)
      ? { preset: 'firebase', argument: path.slice(1) }
      : undefined,
  ({ hostname, origin }) => (hostname.endsWith('.logto.app') ? { preset: 'logto', argument: origin } : undefined),
  ({ hostname }) => (hostname.endsWith('.zitadel.cloud') ? { preset: 'zitadel', argument: hostname } : undefined),
  ({ hostname }, _path, issuer) =>
    hostname.endsWith('.fusionauth.io') ? { preset: 'fusionauth', argument: issuer } : undefined,
  ({ hostname }, _path, issuer) =>
    hostname.endsWith('.oryapis.com') ? { preset: 'hydra', argument: issuer } : undefined,
  (url, path) => byPath('keycloak', /^(?:\/[\w-]+)*?\/realms\/[\w.~-]+/, url, path),
  (url, path) => byPath('authentik', /^\/application\/o\/[\w.~-]+/, url, path),
]

function byPath(preset: string, pattern: RegExp, { origin }: URL, path: string): KnownIssuer | undefined {
  const found = pattern.exec(path)?.[0]
  return found === undefined ? undefined : { preset, argument: `${origin}${found}${preset === 'authentik' ? '/' : ''}` }
}

/** Microsoft Entra has two hosts for two versions of tokens. A name such as `common` is no tenant. */
function entra({ hostname }: URL, path: string): KnownIssuer | undefined {
  const tenant = /^\/([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})(?:\/v2\.0)?$/i.exec(path)?.[1]
  if (tenant === undefined) {
    return undefined
  }
  if (hostname === 'sts.windows.net') {
    return { preset: 'entra', argument: tenant, options: "version: 'v1'" }
  }
  return hostname === 'login.microsoftonline.com' ? { preset: 'entra', argument: tenant } : undefined
}
