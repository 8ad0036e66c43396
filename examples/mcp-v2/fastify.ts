import { createMcpFastifyApp } from '@modelcontextprotocol/fastify'
import tollgate, { scopes, type TollgateOptions } from '@tollgate/fastify'
import { protectMcp } from '@tollgate/fastify/mcp'
import type { FastifyInstance } from 'fastify'
import { handler } from './handler.ts'

export async function createApp(url: string, issuer: Partial<TollgateOptions>): Promise<FastifyInstance> {
  const { hostname } = new URL(url)
  const app = createMcpFastifyApp({ host: hostname, allowedHosts: [hostname] })
  await app.register(tollgate, { ...issuer, audience: url } as TollgateOptions)
  const tools = { 'delete-file': scopes('files:write') }
  app.addHook('onRequest', app.protect.metadata())
  app.all('/mcp', protectMcp(app.protect, { tools }, scopes('files:read')), (request, reply) => {
    reply.hijack()
    return handler(request.raw, reply.raw, request.body)
  })
  return app
}
