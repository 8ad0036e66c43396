import type { ProblemAndFix } from './explanation.ts'

/** Hosts on which every customer of the vendor has a path, and domains on which every customer has a host. */
const sharedHosts =
  /^https:\/\/(login\.microsoftonline\.(com|us)|login\.partner\.microsoftonline\.cn|sts\.windows\.net|securetoken\.google\.com|(cognito-idp|oidc\.eks)\.[\w-]+\.amazonaws\.com(\.cn)?|api\.workos\.com|api\.descope\.com|auth\.pingone\.[a-z.]+|api\.asgardeo\.io|container\.googleapis\.com|token\.actions\.githubusercontent\.com|oidc\.(vercel|circleci)\.com)$/
const sharedDomains =
  /^https:\/\/[\w.-]+\.(auth0\.com|okta\.com|oktapreview\.com|supabase\.co|logto\.app|zitadel\.cloud|authkit\.app|clerk\.accounts\.dev|oryapis\.com|fusionauth\.io|b2clogin\.com|ciamlogin\.com|amazonaws\.com)$/

/** The issuer of another customer of a vendor whose issuer is trusted. */
export function otherTenant(iss: string, names: readonly string[]): ProblemAndFix | undefined {
  const origin = originOf(iss) ?? ''
  const domain = sharedDomains.exec(origin)?.[1]
  const isShared = names.some((name) => {
    const other = originOf(name) ?? ''
    return other === origin
      ? sharedHosts.test(origin)
      : domain !== undefined && sharedDomains.exec(other)?.[1] === domain
  })
  return isShared
    ? {
        problem: 'the token comes from another tenant of the same vendor: another project, user pool or client',
        fix: 'Use the same one in the client and in the API. Never trust the issuer of a stranger.',
      }
    : undefined
}

export function originOf(name: string): string | undefined {
  return URL.canParse(name) ? new URL(name).origin : undefined
}
