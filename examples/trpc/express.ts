import { createProtect, type ProtectOptions } from '@tollgate/express'
import { createExpressMiddleware } from '@trpc/server/adapters/express'
import express, { type Express } from 'express'
import { createContext, responseMeta } from './context.ts'
import { router } from './router.ts'

export function createApp(options: ProtectOptions): Express {
  const { validator } = createProtect(options)
  const app = express()
  app.use('/trpc', createExpressMiddleware({ router, createContext: createContext(validator), responseMeta }))
  return app
}
