import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import type { JwtClaims } from '../src/access-token.ts'
import {
  asIssuedBy,
  createJwtAccessToken,
  createOpaqueAccessToken,
  type JudgedClaims,
  toJudgedClaims,
  withClaims,
} from '../src/judged-token.ts'

const judge = {}

function judged(changes: Partial<JwtClaims> = {}): JudgedClaims<JwtClaims> {
  const claims: JwtClaims = { iss: 'https://as.example', aud: 'urn:api', exp: 1000, sub: 'alice', ...changes }
  return toJudgedClaims({ issuer: claims.iss, scopesOf: () => ['read'] }, claims)
}

/** All objects in a value, itself included. */
function objectsIn(value: unknown): readonly object[] {
  return typeof value === 'object' && value !== null ? [value, ...Object.values(value).flatMap(objectsIn)] : []
}

test('claims are frozen to their depths, however they lie', () => {
  const { claims } = judged({ a: [{ b: { c: [1] } }], d: Object.freeze({ e: { f: 1 } }), g: null })
  expect(objectsIn(claims)).toHaveLength(7)
  expect(objectsIn(claims).filter((value) => !Object.isFrozen(value))).toEqual([])
})

test('the audience is a list of its own, which cannot be changed', () => {
  const aud = ['urn:api', 'urn:other']
  for (const { audience } of [judged({ aud }), judged({ aud: 'urn:api' })]) {
    expect(Object.isFrozen(audience)).toBe(true)
    expect(audience).not.toBe(aud)
  }
  expect(judged({ aud: 'urn:api' }).audience).toEqual(['urn:api'])
})

test('one verdict gives each request a token of its own', () => {
  const verdict = judged()
  const [one, other] = [
    createJwtAccessToken(verdict, 'the token', judge),
    createJwtAccessToken(verdict, 'the token', judge),
  ]
  expect(one).toEqual(other)
  expect(one).not.toBe(other)
  expect(Object.isFrozen(one)).toBe(true)
  one.expiresAt.setTime(7)
  expect(other.expiresAt.getTime()).toBe(1_000_000)
  expect(createJwtAccessToken(verdict, 'the token', judge).expiresAt.getTime()).toBe(1_000_000)
})

test('a token says what it is, and shows neither its text nor the verdict', () => {
  const token = createJwtAccessToken(judged(), 'the token', judge)
  expect(token.raw()).toBe('the token')
  const shown = [JSON.stringify(token), inspect(token, { showHidden: true, depth: 9, getters: true })].join('\n')
  expect(shown).not.toContain('the token')
  expect(shown).not.toContain('judge')
  expect(JSON.parse(JSON.stringify(token))).toMatchObject({ kind: 'jwt', scopes: ['read'], subject: 'alice' })
  expect(Object.keys(token)).not.toContain('introspectedAt')
})

test('an end of time beyond what a date can say is a date all the same', () => {
  for (const exp of [1e300, 8.64e12, 8.65e12]) {
    expect(createJwtAccessToken(judged({ exp }), 't', judge).expiresAt.getTime()).toBe(8.64e15)
  }
  const verdict = toJudgedClaims({ issuer: 'urn:as', scopesOf: () => [] }, { sub: 'alice' })
  const opaque = createOpaqueAccessToken(verdict, 't', judge, 5000)
  expect([opaque.expiresAt, opaque.introspectedAt.getTime(), opaque.kind]).toEqual([undefined, 5000, 'opaque'])
})

test('what a schema made of the claims is on a token of its own, which is still known as issued', () => {
  const issued = createJwtAccessToken(judged(), 'the token', judge)
  const typed = withClaims(issued, { tenant: 7 })
  expect(typed.claims).toEqual({ tenant: 7 })
  expect(issued.claims.sub).toBe('alice')
  expect(typed.raw()).toBe('the token')
  expect(asIssuedBy(judge, typed)).toBe(issued)
  expect(asIssuedBy(judge, issued)).toBe(issued)
})

test('a token of another judge, or what only looks like one, is not known', () => {
  const token = createJwtAccessToken(judged(), 't', judge)
  expect(asIssuedBy({}, token)).toBeUndefined()
  for (const alike of [
    { ...token },
    Object.create(token) as object,
    structuredClone({ ...token, raw: undefined }),
    {},
  ]) {
    expect(asIssuedBy(judge, alike)).toBeUndefined()
  }
})

test('each token has its scopes for itself', () => {
  const verdict = judged()
  const [one, other] = [createJwtAccessToken(verdict, 't', judge), createJwtAccessToken(verdict, 't', judge)]
  ;(one.scopes as Set<string>).add('admin')
  Object.assign(one.scopes, { has: () => true })
  for (const token of [other, createJwtAccessToken(verdict, 't', judge)]) {
    expect([...token.scopes]).toEqual(['read'])
    expect(token.scopes.has('admin')).toBe(false)
  }
})
