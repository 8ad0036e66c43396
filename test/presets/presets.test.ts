/** Each preset and the tokens of its vendor, as JWTs and in introspection responses. */
import { clientSecretBasic, createValidator, type Validator } from '@tollgate/core'
import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import { describe, expect, onTestFinished, test } from 'vitest'
import { requestWith } from '../harness/scripted-validator.ts'
import type { Claims, Row, Statement, Vendor } from './rows.ts'
import { vendorsWithAudience } from './vendors-with-audience.ts'
import { vendorsWithoutAudience } from './vendors-without-audience.ts'

/** No vendor has the default claims of the mock issuer. */
const none: Claims = Object.fromEntries(
  ['sub', 'aud', 'client_id', 'jti', 'token_type', 'scope'].map((name) => [name, undefined]),
)

type Format = 'jwt' | 'opaque'

async function openVendor(vendor: Vendor): Promise<{ readonly mock: MockIssuer; readonly validator: Validator }> {
  const mock = await createMockIssuer()
  const { id, secret } = mock.client
  const introspection = { client: clientSecretBasic(id, secret), endpoint: `${mock.url}/introspect` }
  const issuer = vendor.preset({ keys: `${mock.url}/jwks`, ...(vendor.introspects ? { introspection } : {}) })
  const validator = createValidator({ issuer, audience: vendor.audience, clock: mock.clock })
  onTestFinished(async () => void (await Promise.all([validator.close(), mock.close()])))
  return { mock, validator }
}

function tokenOf(mock: MockIssuer, iss: string, vendor: Vendor, row: Row, format: Format): Promise<string> {
  const claims = { ...none, iss, ...row.claims }
  const header = { typ: undefined, ...(row.header ?? vendor.header ?? { typ: 'JWT' }) }
  return format === 'jwt' ? mock.accessToken(claims, { header }) : mock.opaqueToken(claims)
}

async function statementOf(validator: Validator, token: string): Promise<Statement | string> {
  try {
    const { subjectType, clientId, scopes } = await validator.authenticate(requestWith(token))
    return { subjectType, clientId, scopes: [...scopes] }
  } catch (error) {
    return String((error as { readonly reason?: string }).reason)
  }
}

describe.each([...vendorsWithAudience, ...vendorsWithoutAudience])('$name', (vendor) => {
  const formats: readonly Format[] = vendor.introspects ? ['jwt', 'opaque'] : ['jwt']
  const cases = vendor.rows.flatMap((row) =>
    formats.filter((format) => (row.format ?? format) === format).map((format) => [row.name, format, row] as const),
  )

  test.each(cases)('%s (%s)', async (_name, format, row) => {
    const { mock, validator } = await openVendor(vendor)
    const iss = vendor.preset({ keys: `${mock.url}/jwks` }).url
    const token = await tokenOf(mock, iss, vendor, row, format)
    const statement = await statementOf(validator, token)
    // The audience may be missing in both formats, and each has its own reason.
    const isMissing = row.expected === 'missing-claim' && format === 'opaque'
    expect(statement).toEqual(isMissing ? 'missing-audience' : row.expected)
  })

  test('the token of a stranger is refused', async () => {
    const { mock, validator } = await openVendor(vendor)
    const row = vendor.rows[0] as Row
    const token = await tokenOf(mock, 'https://stranger.example', vendor, row, 'jwt')
    expect(await statementOf(validator, token)).toBe('untrusted-issuer')
  })
})
