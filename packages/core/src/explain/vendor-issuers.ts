import { own } from '../lib/record.ts'
import type { ProblemAndFix } from './explanation.ts'
import { originOf, otherTenant } from './shared-hosts.ts'
import { showText } from './show.ts'
import { audiencesOfVendors } from './vendor-audiences.ts'

/** A mistake that developers make with one vendor. `names` are the issuers that are trusted. */
type FindCause = (iss: string, names: readonly string[], claims: unknown) => ProblemAndFix | undefined

/** The cause of an unknown `iss`, by the vendor. No fix proposes to trust the `iss` of another tenant. */
export const vendorIssuer: FindCause = (iss, names, claims) => {
  for (const find of [
    entra,
    okta,
    firebase,
    supabase,
    workos,
    clerk,
    keycloak,
    authentik,
    fusionauth,
    descope,
    otherTenant,
  ]) {
    const cause = find(iss, names, claims)
    if (cause !== undefined) {
      return cause
    }
  }
  return undefined
}

const tenantOfEntra = /^https:\/\/(login\.microsoftonline\.com|sts\.windows\.net)\/([^/]+)/

const entra: FindCause = (iss, names, claims) => {
  const [, host, tenant] = tenantOfEntra.exec(iss) ?? []
  const trusted = names.flatMap((name) => tenantOfEntra.exec(name)?.slice(2) ?? [])
  if (trusted.length > 0 && /^https:\/\/[\w-]+\.(b2clogin|ciamlogin)\.com\//.test(iss)) {
    return {
      problem: 'the token comes from Entra External ID or Azure AD B2C, and you trust the issuer of a workforce tenant',
      fix: 'If that tenant is yours, write trustedIssuer with exactly its `iss` and its `metadata` in place of entra(…).',
    }
  }
  if (tenant === undefined || trusted.length === 0) {
    return undefined
  }
  const aud = own(claims, 'aud')
  const graph = audiencesOfVendors.find(({ vendor, is }) => vendor === 'Graph' && typeof aud === 'string' && is(aud))
  if (graph !== undefined) {
    return graph
  }
  if (trusted.some((name) => ['common', 'organizations', 'consumers'].includes(name))) {
    return {
      problem: 'the issuer that you trust is no tenant of Microsoft Entra: tokens name their tenant in `iss`',
      fix: 'Write entra(tenantId) for each tenant that you trust, or an `issuer` function.',
    }
  }
  if (!trusted.includes(tenant)) {
    return {
      problem: 'the token comes from another tenant of Microsoft Entra',
      fix: 'Request the token from your tenant. Add entra(tenantId) for the other tenant only if you trust it.',
    }
  }
  return host === 'sts.windows.net'
    ? {
        problem: 'this is a token of version 1.0 of Microsoft Entra, and you trust the issuer of version 2.0',
        fix: "Set `requestedAccessTokenVersion` to 2 in the manifest of the API. Or write entra(tenantId, { version: 'v1' }).",
      }
    : {
        problem: 'this is a token of version 2.0 of Microsoft Entra, and you trust the issuer of version 1.0',
        fix: "Write entra(tenantId) without `version: 'v1'`.",
      }
}

const okta: FindCause = (iss, names) =>
  names.some((name) => name.startsWith(`${iss.replace(/\/$/, '')}/oauth2/`))
    ? {
        problem: 'the token comes from the Okta organization itself, and only Okta can validate it',
        fix: 'Request the token from the authorization server that you trust: /oauth2/default/v1/token and not /oauth2/v1/token.',
      }
    : undefined

const firebase: FindCause = (iss, names) =>
  names.some((name) => name.startsWith('https://securetoken.google.com/'))
    ? tokensOfFirebase.find(([pattern]) => pattern.test(iss))?.[1]
    : undefined

const tokensOfFirebase: readonly (readonly [RegExp, ProblemAndFix])[] = [
  [
    /\.gserviceaccount\.com$/,
    {
      problem: 'this is a custom token of Firebase, and no ID token',
      fix: 'The client must call `signInWithCustomToken()` with it, and send the result of `getIdToken()`.',
    },
  ],
  [
    /^https:\/\/session\.firebase\.google\.com\//,
    { problem: 'this is a session cookie of Firebase, and no ID token', fix: 'Send the result of `getIdToken()`.' },
  ],
  [
    /^https:\/\/firebaseappcheck\.googleapis\.com\//,
    {
      problem: 'this is a token of Firebase App Check, which names the app and no person',
      fix: 'Send the result of `getIdToken()`. The App Check token belongs in `X-Firebase-AppCheck`.',
    },
  ],
  [
    /^(https:\/\/)?accounts\.google\.com$/,
    {
      problem: 'this is an ID token of Google, and none of Firebase',
      fix: 'The client must sign in to Firebase with it, and send the result of `getIdToken()`.',
    },
  ],
]

const supabase: FindCause = (iss, names) =>
  /^supabase(-demo)?$/.test(iss) && names.some((name) => name.endsWith('/auth/v1'))
    ? {
        problem: 'this is an API key of Supabase (`anon` or `service_role`), and no access token',
        fix: 'Send `session.access_token` of a person who is signed in. The API key belongs in the header `apikey`.',
      }
    : undefined

const workos: FindCause = (iss, names) =>
  /^https:\/\/api\.workos\.com\/?$/.test(iss) && names.some((name) => name.startsWith('https://api.workos.com/user_'))
    ? {
        problem: 'the token has the `iss` of older environments of WorkOS',
        fix: `Write workos(clientId, { issuer: '${iss}' }).`,
      }
    : undefined

const clerk: FindCause = (iss, names) =>
  /^https:\/\/[\w-]+\.clerk\.accounts\.dev$/.test(iss) && names.some((name) => /\/\/clerk\.|\.clerk\./.test(name))
    ? {
        problem: 'the token comes from another instance of Clerk, a development instance',
        fix: 'Use the publishable key of one instance in the frontend and in clerk(…).',
      }
    : undefined

const realmIn = (name: string): string | undefined => /\/realms\/([^/]+)$/.exec(name)?.[1]

const keycloak: FindCause = (iss, names) => {
  const realm = realmIn(iss)
  const sameHost = names.filter((name) => realmIn(name) !== undefined && originOf(name) === originOf(iss))
  if (realm === undefined || originOf(iss) === undefined || sameHost.length === 0) {
    return undefined
  }
  return sameHost.some((name) => realmIn(name) === realm)
    ? undefined
    : {
        problem: 'the token comes from another realm of this Keycloak',
        fix: 'Request the token from the realm that you trust. Trust the other realm only if it is yours as well.',
      }
}

const authentik: FindCause = (iss, names) =>
  names.some((name) => name.startsWith(iss) && name.slice(iss.length).startsWith('application/o/'))
    ? {
        problem: 'the token names authentik as a whole as its issuer, and you trust the issuer of one application',
        fix: 'In the settings of the application in authentik, choose the issuer mode in which each has a different issuer. Or give the preset this issuer, and `metadata` of the application.',
      }
    : undefined

const fusionauth: FindCause = (iss) =>
  iss === 'acme.com'
    ? {
        problem: 'the tenant of FusionAuth still has the name `acme.com` as its issuer, which is its default',
        fix: 'In FusionAuth, set the issuer of the tenant to its URL.',
      }
    : undefined

const descope: FindCause = (iss, names) =>
  names.find((name) => /^https:\/\/[^/]*descope\.com\//.test(name) && name.endsWith(`/${iss}`)) === undefined
    ? undefined
    : {
        problem: 'the token names the project of Descope by its id alone, and you trust its URL',
        fix: `Write descope(${showText(iss)}).`,
      }
