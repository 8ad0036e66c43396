import { anyScope, createProtect, type ProtectOptions, scopes } from '@tollgate/express'
import { openApiSecurity } from '@tollgate/express/openapi'
import express, { type Express } from 'express'

const ok = { 200: { description: 'OK' } }

/** A document that you write by hand, or that a tool writes. It says nothing about security. */
const document = {
  openapi: '3.1.0',
  info: { title: 'Orders', version: '1.0.0' },
  paths: {
    '/health': { get: { responses: ok } },
    '/orders': { get: { responses: ok }, post: { responses: ok } },
  },
}

export function createApp(options: ProtectOptions): Express {
  const app = express()
  const protect = createProtect(options)
  app.get('/health', (_req, res) => void res.json({}))
  app.get('/openapi.json', (_req, res) => void res.json(secured))
  app.use(protect())
  app.get('/orders', protect(anyScope('orders:read', 'orders:write')), (_req, res) => void res.json([]))
  app.post('/orders', protect(scopes('orders:write')), (_req, res) => void res.status(201).json({}))
  const secured = openApiSecurity(protect).secure(document, app)
  return app
}
