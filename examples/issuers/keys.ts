import { createProtect, type Protect, trustedIssuer } from '@tollgate/express'

const audience = 'https://api.example.com'

/** The metadata is at a URL to which the name of the issuer does not lead. */
export function createElsewhereProtect(issuer: string, metadata: string): Protect {
  return createProtect({ audience, issuer: trustedIssuer(issuer, { metadata }) })
}

/** The keys of an issuer without a key set: PEM text with public keys or certificates. */
export function createPemProtect(issuer: string, pem: string): Protect {
  return createProtect({ audience, issuer: trustedIssuer(issuer, { keys: pem }) })
}

/** The keys are in a store of the application. */
export function createStoreProtect(issuer: string, findPem: (kid: string) => Promise<string | undefined>): Protect {
  return createProtect({
    audience,
    issuer: trustedIssuer(issuer, {
      keys: async ({ kid }) => (kid === undefined ? undefined : findPem(kid)),
      timeouts: { keys: '2s' },
    }),
  })
}

/** A shared secret is replaced: tokens under the next and under the current one are accepted. */
export function createRotatingProtect(issuer: string, next: string, current: string): Protect {
  return createProtect({ audience, issuer: trustedIssuer(issuer, { secret: [next, current] }) })
}
