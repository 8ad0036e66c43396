import { inspect } from 'node:util'
import { active, type RawClaims, claims, defineGuard, type StandardSchema } from '@tollgate/core'
import { type } from 'arktype'
import * as v from 'valibot'
import { expect } from 'vitest'
import { z } from 'zod'
import type { Adapter } from '../harness/adapters.ts'
import { messagesOn } from '../harness/channel-messages.ts'
import { openScriptedApi } from '../harness/scripted-api.ts'
import { openReference, type ReferenceOptions } from '../harness/reference.ts'
import { verifies } from '../harness/verifies.ts'

const address = { lines: ['1 Toll Road', 'Tolltown'] }

const schemas: Readonly<Record<string, StandardSchema>> = {
  zod: z.object({ tenant: z.string(), address: z.object({ lines: z.array(z.string()) }) }),
  valibot: v.object({ tenant: v.string(), address: v.object({ lines: v.array(v.string()) }) }),
  arktype: type({ tenant: 'string', address: { lines: 'string[]' } }),
  'zod, async': z.object({
    tenant: z.string().refine(async (tenant) => tenant !== ''),
    address: z.looseObject({ lines: z.array(z.string()) }),
  }),
}

function openWith(adapter: Adapter, schema: StandardSchema, guards: ReferenceOptions['guards'] = []) {
  return openReference(adapter, { protect: { claims: untyped(schema) }, guards })
}

/** The harness has no type parameter for claims. */
function untyped(schema: StandardSchema): StandardSchema<RawClaims> {
  return schema as StandardSchema<RawClaims>
}

function validating(validate: () => unknown): StandardSchema {
  return { '~standard': { version: 1, vendor: 'test', validate } } as unknown as StandardSchema
}

verifies('CLAIMS-SCHEMA', 'claims that match pass, with a schema of each library', async (adapter) => {
  for (const [library, schema] of Object.entries(schemas)) {
    const api = await openWith(adapter, schema)
    expect(await api.present(await api.token({ tenant: 'acme', address })), library).toBe('OK')
    expect(api.seen()?.claims, library).toMatchObject({ tenant: 'acme', address })
    expect(api.seen()?.subject).toBe('alice')
  }
})

verifies(
  'CLAIMS-SCHEMA',
  'claims that do not match are refused, and only their paths are published',
  async (adapter) => {
    const secret = 'SECRET-VALUE'
    const wrong: readonly (readonly [Record<string, unknown>, readonly string[]])[] = [
      [{ address }, ['tenant']],
      [{ tenant: { [secret]: secret }, address }, ['tenant']],
      [{ tenant: 'acme', address: { lines: ['a', { secret }] } }, ['address.lines[1]']],
      [{ tenant: 'acme', address: secret }, ['address']],
    ]
    for (const [library, schema] of Object.entries(schemas)) {
      const refusals = messagesOn('tollgate:refusal')
      const api = await openWith(adapter, schema)
      for (const [changes, paths] of wrong) {
        const sent = { headers: [['Authorization', `Bearer ${await api.token(changes)}`]] as const }
        expect(await api.outcome(sent), library).toBe('E-TOK')
        const { refusal, outcome } = refusals.at(-1) ?? {}
        expect([refusal?.reason, refusal?.claimPaths, outcome], library).toEqual([
          'wrong-claims',
          paths,
          'invalid_token',
        ])
        const published = inspect([refusals, refusal?.stack, refusal?.cause], { depth: 10, showHidden: true })
        expect(published).not.toContain(secret)
        expect(JSON.stringify(await api.send(sent))).not.toMatch(/SECRET|tenant|lines|address/)
      }
    }
  },
)

verifies('CLAIMS-SCHEMA', 'published claim paths are escaped and bounded', async (adapter) => {
  const refusals = messagesOn('tollgate:refusal')
  const issues = Array.from({ length: 50 }, (_, index) => ({
    message: 'x',
    path: ['a\r\nb\u2028', { key: `https://x.example/${index}` }, 'c'.repeat(500)],
  }))
  const api = await openWith(
    adapter,
    validating(() => ({ issues })),
  )
  expect(await api.present(await api.token())).toBe('E-TOK')
  const paths = refusals.at(-1)?.refusal.claimPaths ?? []
  expect(paths).toHaveLength(10)
  expect(paths[0]).toMatch(/^\["a\\r\\nb\\u2028"\]\["https:\/\/x\.example\/0"\]\.c+$/)
  expect(paths.every((path: string) => path.length <= 200)).toBe(true)
})

verifies(
  'CLAIMS-SCHEMA',
  'handlers see the output of the schema, and guards see the issued claims',
  async (adapter) => {
    const schema = z.object({
      tenant: z.string().toUpperCase(),
      iat: z.number().transform((iat) => new Date(iat * 1000)),
    })
    const seen: unknown[] = []
    const record = defineGuard({
      check: (token) => {
        seen.push(token.claims)
        return 'pass'
      },
    })
    const api = await openWith(adapter, schema, [claims(({ extra }) => extra === 'x', 'no-extra'), record])
    expect(await api.present(await api.token({ tenant: 'acme', iat: 7, extra: 'x' }))).toBe('OK')
    expect(api.seen()?.claims).toEqual({ tenant: 'ACME', iat: new Date(7000) })
    expect(seen).toEqual([expect.objectContaining({ tenant: 'acme', iat: 7, extra: 'x' })])
    expect(inspect(api.seen(), { showHidden: true })).not.toContain(api.seen()?.raw() ?? 'no token')
    expect(JSON.parse(JSON.stringify(api.seen()))).toMatchObject({ claims: { tenant: 'ACME' }, scopes: ['read'] })
  },
)

verifies('CLAIMS-SCHEMA', 'a schema that throws or returns an invalid result is a failure', async (adapter) => {
  const results = [
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
  for (const [index, validate] of results.entries()) {
    const api = await openWith(adapter, validating(validate))
    expect(await api.present(await api.token()), `result ${index}`).toBe('500')
  }
})

verifies(
  'CLAIMS-SCHEMA',
  'the schema runs after the validation of the token and before the guards',
  async (adapter) => {
    const refusals = messagesOn('tollgate:refusal')
    const api = await openReference(adapter, { protect: { claims: untyped(z.object({ tenant: z.string() })) } })
    expect(await api.present(await api.token({ exp: 1 }))).toBe('E-TOK')
    expect(refusals.at(-1)?.refusal.reason).toBe('expired')
    expect(await api.present(await api.token({ scope: '' }))).toBe('E-TOK')
    expect(refusals.at(-1)?.refusal.reason).toBe('wrong-claims')
    expect(await api.present(await api.token({ tenant: 'acme', scope: '' }))).toBe('E-SCOPE')
    const optional = { path: '/optional', headers: [['Authorization', `Bearer ${await api.token()}`]] as const }
    expect(await api.outcome(optional)).toBe('E-TOK')
    expect(await api.outcome({ path: '/optional' })).toBe('OK')
  },
)

verifies('CLAIMS-SCHEMA', 'the schema reads introspection responses, also those for active()', async (adapter) => {
  const api = await openScriptedApi(adapter, {
    introspection: {},
    protect: { claims: untyped(z.object({ tenant: z.string() })) },
    guards: [active({ within: '0s' })],
  })
  for (const [tenant, outcome] of [
    ['acme', 'OK'],
    ['other', 'OK'],
    [7, 'E-TOK'],
  ] as const) {
    api.issuer.introspect = () => api.issuer.active({ tenant })
    expect(await api.present('t'), String(tenant)).toBe(outcome)
    expect(outcome === 'OK' ? api.seen()?.claims : { tenant }).toEqual({ tenant })
    api.advance(1)
  }
})

verifies('CLAIMS-SCHEMA', 'the handler receives the output of the schema itself', async (adapter) => {
  const output = { bytes: new Uint8Array([1, 2]), map: new Map([['a', 1]]), deep: { list: [1] }, self: {} as object }
  output.self = output
  const schema = z.unknown().transform(() => output)
  const api = await openWith(adapter, schema)
  expect(await api.present(await api.token())).toBe('OK')
  expect(api.seen()?.claims).toBe(output)
  expect(() => output.deep.list.push(2), 'it is not frozen').not.toThrow()
})

verifies('CLAIMS-SCHEMA', 'an invalid schema is a TypeError at start-up', async (adapter) => {
  for (const schema of [
    null,
    7,
    'tenant',
    {},
    { tenant: 'string' },
    () => true,
    { '~standard': {} },
    { '~standard': { version: 2, validate: () => ({ value: 1 }) } },
  ]) {
    const options = { issuer: 'https://as.example', audience: 'api', claims: untyped(schema as StandardSchema) }
    await expect(adapter.create(options)).rejects.toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' }),
    )
  }
})
