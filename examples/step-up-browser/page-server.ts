import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import express, { type Express } from 'express'

/** What the page needs to know. */
export interface Settings {
  readonly issuer: string
  readonly clientId: string
  /** The audience of the tokens. */
  readonly resource: string
  /** The origin of the API. */
  readonly api: string
}

/** Serves the page, and openid-client with the modules that it imports. An application has a bundler instead. */
export function createPageServer(settings: Settings): Express {
  const app = express()
  app.get('/settings.json', (_req, res) => void res.json(settings))
  app.use('/modules/openid-client', express.static(folderOf(import.meta.resolve('openid-client'))))
  app.use('/modules/oauth4webapi', express.static(folderOf(import.meta.resolve('oauth4webapi'))))
  app.use('/modules/jose', express.static(dirname(folderOf(import.meta.resolve('jose/errors')))))
  app.use(express.static(fileURLToPath(new URL('page', import.meta.url))))
  return app
}

function folderOf(url: string): string {
  return dirname(fileURLToPath(url))
}
