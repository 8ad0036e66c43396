import { own, ownText } from '../lib/record.ts'
import { attemptedSchemes } from '../request/credentials.ts'
import type { Cause } from './explanation.ts'
import type { FailedToken } from './failed-token.ts'

/** `sender-constrained`. */
export function senderConstrained(token: FailedToken): Cause {
  const { genuine, request, settings } = token
  if ((isDpopType(token) || own(genuine?.cnf, 'jkt') !== undefined) && settings.dpop.mode === 'off') {
    return {
      problem: 'the token is bound to a key of its client (DPoP), and the option `dpop` is off',
      fix: "Set `dpop: { mode: 'accepted' }`, or configure the client to request tokens that are not bound.",
    }
  }
  if (own(genuine?.cnf, 'x5t#S256') !== undefined && settings.mtls.mode === 'off') {
    return {
      problem: 'the token is bound to a certificate of its client (mutual TLS), and the option `mtls` is off',
      fix: "Set `mtls: { mode: 'accepted' }`, or configure the client to request tokens that are not bound.",
    }
  }
  if (request === undefined) {
    return {
      problem:
        'the token is bound to a key or a certificate of its client, and validate() has no request to verify that',
      fix: 'Pass the request to authenticate().',
    }
  }
  if (hasReadableBinding(token)) {
    return {
      problem: 'a newer introspection response states another binding than the token',
      fix: 'Configure the issuer to return the `cnf` of the token in each introspection response.',
    }
  }
  return {
    problem: 'the `cnf` of the token has neither `jkt` nor `x5t#S256` in their form, so that nothing can be verified',
    fix: 'Configure the issuer to bind its tokens as RFC 9449 §6 or RFC 8705 §3 says.',
  }
}

function isDpopType({ claims }: FailedToken): boolean {
  return ownText(claims, 'token_type')?.toLowerCase() === 'dpop'
}

/** Then step 5 has passed, and the guard `active` has got a newer response. */
function hasReadableBinding(token: FailedToken): boolean {
  const { cnf } = token.genuine ?? {}
  const jkt = own(cnf, 'jkt')
  const members = [jkt, own(cnf, 'x5t#S256')].filter((member) => member !== undefined)
  const isReadable = members.every((member) => typeof member === 'string' && member !== '')
  return isReadable && (cnf === undefined || members.length > 0) && (jkt !== undefined || !isDpopType(token))
}

/** `unbound-token`. */
export function unboundToken({ request, settings }: FailedToken): Cause {
  if (request !== undefined && attemptedSchemes(request, settings.schemes).includes('DPoP')) {
    return {
      problem: 'the token came under the scheme DPoP, and is not bound to a key of its client',
      fix: 'Send it as `Authorization: Bearer <access token>`. If it should be bound, configure the issuer to write `cnf`.',
    }
  }
  return {
    problem: 'the token lacks the binding that its route, the options or the profile of its issuer demand',
    fix: 'The client must get its token with a proof (DPoP) or a certificate (mutual TLS), and the issuer must write `cnf`.',
  }
}

/** `dpop-bound`. */
export const dpopBound = (): Cause => ({
  problem: 'the token is bound to a key of its client (DPoP), and came under the scheme Bearer',
  fix: 'Send `Authorization: DPoP <access token>` and the header `DPoP` with a proof.',
})

export const noCertificate = (): Cause => ({
  problem: 'the token is bound to a certificate of its client, and the request came without one',
  fix: 'The client must present its certificate, and the server must request it: `requestCert: true`. Behind a proxy that ends TLS, `certificate` of `mtls` names the proxy, which must pass the certificate on.',
})

export const malformedCertificate = (): Cause => ({
  problem: 'the header of the proxy has no certificate in its form, or several',
  fix: 'Compare the configuration of the proxy with the documentation of `mtls`. The proxy must replace this header of its clients.',
})

export const expiredCertificate = (): Cause => ({
  problem: 'the certificate of the client has expired',
  fix: 'The client needs a new certificate, and a token that is bound to it.',
})

export const wrongCertificate = (): Cause => ({
  problem: 'the token is bound to another certificate',
  fix: 'The client must use the certificate with which it got this token. If it has a new one, it needs a new token.',
})
