import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { createValidator, type ValidatorOptions } from '@tollgate/core'
import { type Context, createContext } from './context.ts'
import { resolvers, typeDefs } from './schema.ts'

export async function startApollo(options: ValidatorOptions) {
  const validator = createValidator(options)
  const server = new ApolloServer<Context>({ typeDefs, resolvers })
  const { url } = await startStandaloneServer(server, {
    context: ({ req }) => createContext(validator, req),
    listen: { host: '127.0.0.1', port: 0 },
  })
  return { url, server, validator }
}
