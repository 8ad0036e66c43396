import type { Server } from 'node:http'
import { createValidator, type ValidatorOptions } from '@tollgate/core'
import { createHTTPServer } from '@trpc/server/adapters/standalone'
import { createContext, responseMeta } from './context.ts'
import { router } from './router.ts'

export function createServer(options: ValidatorOptions): Server {
  const validator = createValidator(options)
  return createHTTPServer({ router, createContext: createContext(validator), responseMeta })
}
