import { own, ownText } from '../lib/record.ts'
import { attemptedSchemes } from '../request/credentials.ts'
import type { Cause } from './explanation.ts'
import type { FailedToken } from './failed-token.ts'
import { sendDpop } from './other-scheme.ts'

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
      fix:
        settings.dpop.mode === 'required'
          ? 'The client must get its token with a proof, and the issuer must write `cnf`.'
          : 'Send it as `Authorization: Bearer <access token>`. If it should be bound, configure the issuer to write `cnf`.',
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
  fix: sendDpop,
})

/** `no-certificate`. */
export function noCertificate({ request, settings }: FailedToken): Cause {
  const { proxy } = settings.mtls
  if (proxy === undefined || request === undefined) {
    return {
      problem: 'the token is bound to a certificate of its client, and the request came without one',
      fix: 'The client must present its certificate, and the server must request it: `requestCert: true`. Behind a proxy that ends TLS, `certificate` of `mtls` names the proxy, which must pass the certificate on.',
    }
  }
  const names = proxy.headers.map((name) => `\`${name}\``).join(' or ')
  if (proxy.isSender(request)) {
    return {
      problem: `the token is bound to a certificate of its client, and the proxy passed on none in ${names}`,
      fix: 'The client must present its certificate. The proxy must request it, and set this header.',
    }
  }
  return {
    problem: `the sender of the request is not the proxy of \`certificate\`, so that ${names} does not count`,
    fix:
      proxy.trust === 'secret'
        ? 'If it is your proxy, it must set `X-Proxy-Secret` to one of `secret`.'
        : 'If it is your proxy, add the address from which it connects to `addresses`.',
  }
}

export const malformedCertificate = (): Cause => ({
  problem: 'the certificate of the client cannot be read, or the header of the proxy has several',
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

/** `other-owner`. */
export function otherOwner(): Cause {
  return {
    problem: 'a connection was renewed with a token of another issuer, subject or client, or with another binding',
    fix: 'Let the client renew the connection with a token of the same sign-in, or open a new connection.',
  }
}
