import assert from 'node:assert/strict'
import { createMockIssuer } from '@tollgate/mock-issuer'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'

const issuer = await createMockIssuer()
process.env['ISSUER'] = issuer.url
const { handler } = await import('./handler.ts')
const { validator } = await import('./with-auth.ts')
// Other examples in this process read the same name.
delete process.env['ISSUER']

/** An event of API Gateway with the payload format 2.0. */
function eventWith(headers: Record<string, string>): APIGatewayProxyEventV2 {
  const http = { method: 'GET', path: '/orders', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'curl' }
  return {
    version: '2.0',
    routeKey: 'GET /orders',
    rawPath: '/orders',
    rawQueryString: '',
    headers: { host: 'api.example.com', ...headers },
    requestContext: {
      accountId: '123456789012',
      apiId: 'api-id',
      domainName: 'api.example.com',
      domainPrefix: 'api',
      http,
      requestId: 'id',
      routeKey: 'GET /orders',
      stage: '$default',
      time: '12/Mar/2026:19:03:58 +0000',
      timeEpoch: 1_773_342_238_000,
    },
    isBase64Encoded: false,
  }
}

async function call(token?: string): Promise<readonly unknown[]> {
  const event = eventWith(token === undefined ? {} : { authorization: `Bearer ${token}` })
  const { statusCode, headers, body } = await handler(event)
  return [statusCode, headers?.['WWW-Authenticate'], JSON.parse(body ?? 'null')]
}

const token = await issuer.accessToken({ scope: 'orders:read' })
assert.deepEqual(await call(token), [200, undefined, { for: 'alice' }])
assert.deepEqual(await call(), [401, 'Bearer realm="api", scope="orders:read"', {}])
const [status, challenge] = await call(await issuer.accessToken())
assert.deepEqual(
  [status, challenge],
  [
    403,
    'Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="orders:read"',
  ],
)
// API Gateway joins repeated headers by commas.
assert.equal((await call(`${token},Bearer ${token}`))[0], 400)

await validator.close()
await issuer.close()
