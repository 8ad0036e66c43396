import { inspect } from 'node:util'
import { active, type RawClaims, claims, defineGuard, type StandardSchema } from '@tollgate/core'
import { type } from 'arktype'
import * as v from 'valibot'
import { expect } from 'vitest'
import { z } from 'zod'
import type { Adapter } from '../harness/adapters.ts'
import { openIntrospecting } from '../harness/introspecting.ts'
import { listening } from '../harness/listening.ts'
import { openReference, type ReferenceOptions } from '../harness/reference.ts'
import { verifies } from '../harness/verifies.ts'

const address = { lines: ['1 RequestAuth Road', 'Tolltown'] }

const schemas: Readonly<Record<string, StandardSchema>> = {
  zod: z.object({ tenant: z.string(), address: z.object({ lines: z.array(z.string()) }) }),
  valibot: v.object({ tenant: v.string(), address: v.object({ lines: v.array(v.string()) }) }),
  arktype: type({ tenant: 'string', address: { lines: 'string[]' } }),
  'zod, later': z.object({
    tenant: z.string().refine(async (tenant) => tenant !== ''),
    address: z.looseObject({ lines: z.array(z.string()) }),
  }),
}

function openWith(adapter: Adapter, schema: StandardSchema, guards: ReferenceOptions['guards'] = []) {
  return openReference(adapter, { protect: { claims: untyped(schema) }, guards })
}

/** The harness knows nothing of the types of claims. */
function untyped(schema: StandardSchema): StandardSchema<RawClaims> {
  return schema as StandardSchema<RawClaims>
}

verifies('CLAIMS-SCHEMA', 'claims that fit pass, of whatever library the schema is', async (adapter) => {
  for (const [library, schema] of Object.entries(schemas)) {
    const api = await openWith(adapter, schema)
    expect(await api.present(await api.token({ tenant: 'acme', address })), library).toBe('OK')
    expect(api.seen()?.claims, library).toMatchObject({ tenant: 'acme', address })
    expect(api.seen()?.subject).toBe('alice')
  }
})

verifies(
  'CLAIMS-SCHEMA',
  'what does not fit is an invalid token; the path is told, and the value is not',
  async (adapter) => {
    const secret = 'SECRET-VALUE'
    for (const [library, schema] of Object.entries(schemas)) {
      const refusals = listening('tollgate:refusal')
      const api = await openWith(adapter, schema)
      const wrong: readonly (readonly [Record<string, unknown>, readonly string[]])[] = [
        [{ address }, ['tenant']],
        [{ tenant: { [secret]: secret }, address }, ['tenant']],
        [{ tenant: 'acme', address: { lines: ['a', { secret }] } }, ['address.lines[1]']],
        [{ tenant: 'acme', address: secret }, ['address']],
      ]
      for (const [changes, paths] of wrong) {
        const sent = { headers: [['Authorization', `Bearer ${await api.token(changes)}`]] as const }
        expect(await api.outcome(sent), library).toBe('E-TOK')
        const { refusal, outcome } = refusals.at(-1) ?? {}
        expect(refusal?.reason).toBe('wrong-claims')
        expect(refusal?.claimPaths, library).toEqual(paths)
        expect(outcome).toBe('invalid_token')
        const { challenges, body, headers } = await api.send(sent)
        expect(inspect([refusals, refusal?.stack, refusal?.cause], { depth: 10, showHidden: true })).not.toContain(
          secret,
        )
        for (const told of [...challenges, body, JSON.stringify(headers)]) {
          expect(told).not.toMatch(/SECRET|tenant|lines|address/)
        }
      }
    }
  },
)

verifies('CLAIMS-SCHEMA', 'paths are fit for a log, and not without end', async (adapter) => {
  const refusals = listening('tollgate:refusal')
  const odd = {
    issues: Array.from({ length: 50 }, (_, index) => ({
      message: 'x',
      path: ['a\r\nb\u2028', { key: `https://x.example/${index}` }, 'c'.repeat(500)],
    })),
  }
  const api = await openWith(adapter, { '~standard': { version: 1, vendor: 'test', validate: () => odd } })
  expect(await api.present(await api.token())).toBe('E-TOK')
  const paths = refusals.at(-1)?.refusal.claimPaths ?? []
  expect(paths).toHaveLength(10)
  expect(paths[0]).toMatch(/^\["a\\r\\nb\\u2028"\]\["https:\/\/x\.example\/0"\]\.c+$/)
  expect(paths.every((path) => path.length <= 200)).toBe(true)
})

verifies(
  'CLAIMS-SCHEMA',
  'handlers see what the schema makes of the claims, guards what the issuer sent, frozen',
  async (adapter) => {
    const schema = z.object({
      tenant: z.string().toUpperCase(),
      iat: z.number().transform((iat) => new Date(iat * 1000)),
    })
    const seen: unknown[] = []
    const look = defineGuard({ check: (token) => void seen.push(token.claims) })
    const api = await openWith(adapter, schema, [claims(({ extra }) => extra === 'x', 'no-extra'), look])
    expect(await api.present(await api.token({ tenant: 'acme', iat: 7, extra: 'x' }))).toBe('OK')
    expect(api.seen()?.claims).toEqual({ tenant: 'ACME', iat: new Date(7000) })
    expect(Object.isFrozen(seen[0])).toBe(true)
    expect(seen[0]).toMatchObject({ tenant: 'acme', iat: 7, extra: 'x' })
    expect(inspect(api.seen(), { showHidden: true })).not.toContain(api.seen()?.raw() ?? 'no token')
    expect(JSON.parse(JSON.stringify(api.seen()))).toMatchObject({ claims: { tenant: 'ACME' }, scopes: ['read'] })
  },
)

verifies(
  'CLAIMS-SCHEMA',
  'a schema that fails, or says nothing clear, is a failure and lets nobody through',
  async (adapter) => {
    const answers = [
      () => {
        throw new TypeError('x')
      },
      () => Promise.reject(new Error('x')),
      () => undefined,
      () => ({}),
      () => ({ issues: [] }),
      () => ({ issues: [], value: {} }),
      () => ({ issues: 'none', value: {} }),
      () => 'valid',
      () => null,
      () => ({ issues: [null] }),
    ]
    for (const [index, validate] of answers.entries()) {
      const schema = { '~standard': { version: 1, vendor: 'test', validate } } as unknown as StandardSchema
      const api = await openWith(adapter, schema)
      expect(await api.present(await api.token()), `answer ${index}`).toBe('500')
    }
  },
)

verifies(
  'CLAIMS-SCHEMA',
  'it comes after the verdict and before the guards, and on optional routes too',
  async (adapter) => {
    const refusals = listening('tollgate:refusal')
    const verdicts = listening('tollgate:verdict')
    const api = await openReference(adapter, { protect: { claims: untyped(z.object({ tenant: z.string() })) } })
    expect(await api.present(await api.token({ exp: 1 }))).toBe('E-TOK')
    expect(refusals.at(-1)?.refusal.reason, 'an expired token is just that').toBe('expired')
    expect(await api.present(await api.token({ scope: '' }))).toBe('E-TOK')
    expect(refusals.at(-1)?.refusal.reason, 'before its scopes are looked at').toBe('wrong-claims')
    expect(await api.present(await api.token({ tenant: 'acme', scope: '' }))).toBe('E-SCOPE')
    const optional = { path: '/optional', headers: [['Authorization', `Bearer ${await api.token()}`]] as const }
    expect(await api.outcome(optional)).toBe('E-TOK')
    expect(await api.outcome({ path: '/optional' })).toBe('OK')
    expect(
      verdicts.map(({ outcome }) => outcome),
      'only the one that fits was accepted',
    ).toEqual(['accepted'])
  },
)

verifies(
  'CLAIMS-SCHEMA',
  'it judges introspection answers, those that a guard has asked for as well',
  async (adapter) => {
    const api = await openIntrospecting(adapter, {
      protect: { claims: untyped(z.object({ tenant: z.string(), iat: z.number() })) },
      guards: [active({ within: '0s' })],
    })
    api.server.answer = () => api.server.active({ tenant: 'acme', iat: T(1) })
    expect(await api.present('t')).toBe('OK')
    api.server.answer = () => api.server.active({ tenant: 'other', iat: T(2) })
    api.advance(1)
    expect(await api.present('t')).toBe('OK')
    expect(api.seen()?.claims, 'by the new answer').toEqual({ tenant: 'other', iat: T(2) })
    api.server.answer = () => api.server.active({ tenant: 7 })
    api.advance(1)
    expect(await api.present('t'), 'by the new answer').toBe('E-TOK')
  },
)

/** A time that is past. */
function T(second: number): number {
  return 1_600_000_000 + second
}

verifies('CLAIMS-SCHEMA', 'what a schema makes of claims may be anything, and stays what it is', async (adapter) => {
  const made = { bytes: new Uint8Array([1, 2]), map: new Map([['a', 1]]), deep: { list: [1] }, self: {} as object }
  made.self = made
  const api = await openWith(
    adapter,
    z.unknown().transform(() => made),
  )
  expect(await api.present(await api.token())).toBe('OK')
  expect(api.seen()?.claims).toBe(made)
  expect(
    [made, ...Object.values(made)].some((value) => Object.isFrozen(value)),
    'it may be the app’s',
  ).toBe(false)
})

verifies('CLAIMS-SCHEMA', 'what is no schema is a TypeError at start-up', async (adapter) => {
  const wrong = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' })
  const none = [
    null,
    7,
    'tenant',
    {},
    { tenant: 'string' },
    () => true,
    { '~standard': {} },
    { '~standard': { version: 2, validate: () => ({ value: 1 }) } },
  ]
  for (const schema of none) {
    await expect(
      adapter.create({
        issuer: 'https://as.example',
        audience: 'api',
        claims: untyped(schema as unknown as StandardSchema),
      }),
    ).rejects.toThrow(wrong)
  }
})
