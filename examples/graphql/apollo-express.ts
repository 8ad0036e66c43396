import { ApolloServer } from '@apollo/server'
import { expressMiddleware } from '@as-integrations/express5'
import { createProtect, type ProtectOptions } from '@tollgate/express'
import express, { type Express } from 'express'
import { type Context, contextOf } from './context.ts'
import { resolvers, typeDefs } from './schema.ts'

export async function createApp(options: ProtectOptions): Promise<Express> {
  const protect = createProtect(options)
  const server = new ApolloServer<Context>({ typeDefs, resolvers })
  await server.start()
  const app = express()
  const context = async ({ req }: { req: express.Request }) => contextOf(protect.validator, req, protect.auth(req))
  app.use('/graphql', protect(), express.json(), expressMiddleware(server, { context }))
  return app
}
