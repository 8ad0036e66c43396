import { scopes } from '@tollgate/core'
import { expect } from 'vitest'
import type { Adapter } from '../harness/adapters.ts'
import { openApi } from '../harness/api.ts'
import { openIssuer, openReference, type Reference } from '../harness/reference.ts'
import { verifies } from '../harness/verifies.ts'

const server = 'https://files.example/mcp'
const metadata = 'https://files.example/.well-known/oauth-protected-resource/mcp'
const guards = [scopes('files:read', 'files:write'), scopes('files:share')]

function openServer(adapter: Adapter): Promise<Reference> {
  return openReference(adapter, { protect: { audience: server, resource: server }, guards })
}

verifies('MCP-04', 'one challenge names all scopes of the operation, and the metadata', async (adapter) => {
  const api = await openServer(adapter)
  for (const scope of [undefined, 'files:read', 'files:write files:share']) {
    const token = await api.token({ aud: server, scope })
    expect(await api.present(token)).toBe('E-SCOPE')
    const { status, challenges } = await api.send({ headers: [['Authorization', `Bearer ${token}`]] })
    expect([status, challenges]).toEqual([
      403,
      [
        `Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="files:read files:write files:share", resource_metadata="${metadata}"`,
      ],
    ])
  }
  expect(await api.present(await api.token({ aud: server, scope: 'files:read files:write files:share' }))).toBe('OK')
})

verifies('MCP-07', 'a token is accepted only by the server that its audience names', async (adapter) => {
  const issuer = await openIssuer()
  const open = (audience: string) =>
    openApi(adapter, { protection: { ...issuer.validatorOptions, audience, resource: audience } })
  const [files, mail] = await Promise.all([open(server), open('https://mail.example/mcp')])
  for (const [aud, expected] of [
    [server, ['OK', 'E-TOK']],
    ['https://mail.example/mcp', ['E-TOK', 'OK']],
    [`${server}/`, ['E-TOK', 'E-TOK']],
    ['https://files.example', ['E-TOK', 'E-TOK']],
    ['https://files.example/mcp/other', ['E-TOK', 'E-TOK']],
  ] as const) {
    const token = await issuer.accessToken({ aud, scope: 'read' })
    expect([await files.present(token), await mail.present(token)], aud).toEqual(expected)
  }
  const both = await openReference(adapter, { protect: { audience: [server, `${server}/`], resource: server } })
  expect(await both.present(await both.token({ aud: `${server}/` }))).toBe('OK')
})

verifies('MCP-08', 'every request needs a token of its own, and none counts in the query', async (adapter) => {
  const api = await openServer(adapter)
  const token = await api.token({ aud: server, scope: 'files:read files:write files:share' })
  const session = ['Mcp-Session-Id', 'a-session-that-a-token-opened'] as const
  const form = { type: ['Content-Type', 'application/x-www-form-urlencoded'] as const, body: 'a=b' }
  for (const method of ['POST', 'GET', 'DELETE']) {
    const sent = method === 'POST' ? { method, body: form.body } : { method }
    const headers = method === 'POST' ? [session, form.type] : [session]
    const present = (credentials: string) =>
      api.outcome({ ...sent, headers: [...headers, ['Authorization', credentials]] })
    expect(await present(`Bearer ${token}`)).toBe('OK')
    expect(await api.outcome({ ...sent, headers })).toBe('C0')
    expect(await api.outcome({ ...sent, headers, path: `/items?access_token=${token}` })).toBe('C0')
    expect(await present('Bearer x')).toBe('E-TOK')
    expect(await present('Bearer')).toBe('E-REQ')
  }
})
