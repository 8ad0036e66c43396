import { claims, anyScope, createValidator, type Guard, scopes, trustedIssuer, type Validator } from '@tollgate/core'
import { createProtectFor, createProtection } from '@tollgate/core/adapter'
import type { JWK } from 'jose'
import { authenticating } from './contenders/jwt/tollgate.ts'
import { ecdsa, hmac, minting, otherKey } from './growth-tokens.ts'
import { counting, inTurn, type Trial } from './measure/laps.ts'
import { audience } from './world/tokens.ts'
import { publicPartOf } from './world/world.ts'

/** What there is more and more of. */
export type Case =
  | { readonly of: 'tokens'; readonly count: number }
  | { readonly of: 'issuers' | 'keys' | 'guards' | 'guards in an adapter'; readonly count: number; readonly key: JWK }

/** Tokens that come again, the first `count` of them being all there are; and those that never came before. */
export interface Trials {
  readonly warm: Trial & { readonly count: number }
  readonly cold: Trial
}

const some = 1000
/** More are made anew each time, which is not timed, for they would fill the memory. */
const mostKept = 100_000
const issuer = 'https://as.example'

export function trialsOf(one: Case): Trials {
  switch (one.of) {
    case 'tokens':
      return byTokens(one.count)
    case 'issuers':
      return byIssuers(one.count, one.key)
    case 'keys':
      return byKeys(one.count, one.key)
    case 'guards':
      return byGuards(one.key, (validator) => authenticating(validator, guardsOf(one.count)))
    case 'guards in an adapter':
      return byGuards(one.key, (validator) => admitting(validator, guardsOf(one.count)))
  }
}

function byTokens(count: number): Trials {
  const { secret, ...signer } = hmac()
  const validator = createValidator({ issuer: trustedIssuer(issuer, { secret }), audience })
  return trials(authenticating(validator), minting(signer, issuer), count)
}

function byIssuers(count: number, key: JWK): Trials {
  const names = Array.from({ length: count }, (_, index) => `https://as-${index}.example`)
  const keys = { keys: [publicPartOf(key)] }
  const validator = createValidator({ issuer: names.map((name) => trustedIssuer(name, { keys })), audience })
  // Of more than a hundred a hundred are in use, spread over all: the tokens of a thousand would measure the processor's caches.
  const mints = names
    .filter((_, index) => index % Math.ceil(count / 100) === 0)
    .map((name) => minting(ecdsa(key), name))
  return trials(authenticating(validator), (index) => mints[index % mints.length]?.(index) as Buffer, some)
}

function byKeys(count: number, key: JWK): Trials {
  const others = Array.from({ length: count - 1 }, (_, index) => otherKey(`other-${index}`))
  const keys = { keys: [...others, publicPartOf(key)] }
  const validator = createValidator({ issuer: trustedIssuer(issuer, { keys }), audience })
  return trials(authenticating(validator), minting(ecdsa(key), issuer), some)
}

function byGuards(key: JWK, validating: (validator: Validator) => Trial['validate']): Trials {
  const keys = { keys: [publicPartOf(key)] }
  const validator = createValidator({ issuer: trustedIssuer(issuer, { keys }), audience })
  return trials(validating(validator), minting(ecdsa(key), issuer), some)
}

function trials(validate: Trial['validate'], make: (index: number) => Buffer, count: number): Trials {
  const again =
    count > mostKept
      ? counting((index) => make(index % count))
      : inTurn(Array.from({ length: count }, (_, index) => make(index)))
  return {
    warm: { validate, headers: again, count },
    cold: { validate, headers: counting((index) => make(count + index)) },
  }
}

/** As the middleware of a route has it, to which the guards are given once. */
function admitting(validator: Validator, guards: readonly Guard[]): Trial['validate'] {
  const protect = createProtectFor(createProtection(validator), {
    toHttpRequest: (authorization: { readonly header: string }) => ({
      method: 'GET',
      url: '/',
      headers: [['authorization', authorization.header]],
    }),
    toMiddleware: (admit) => admit,
  })
  const admit = protect(...guards)
  return async (header) => {
    const admission = await admit({ header })
    if (!('token' in admission)) {
      throw new Error('The token was not accepted')
    }
  }
}

/** Four that pass, over and over. */
function guardsOf(count: number): readonly Guard[] {
  const four = [
    scopes('orders:read'),
    scopes('orders:write', 'profile'),
    anyScope('admin', 'email'),
    claims(({ client_id }) => client_id === 'an-app', 'wrong-client'),
  ]
  return Array.from({ length: count }, (_, index) => four[index % four.length] as Guard)
}
