import { createServer, type Server } from 'node:http'
import { createValidator, isRefusal, isUnavailable, lease, type Lease, type ValidatorOptions } from '@tollgate/core'
import { useServer } from 'graphql-ws/use/ws'
import { createSchema } from 'graphql-yoga'
import { WebSocketServer } from 'ws'
import { type Context, contextOf } from './context.ts'

const schema = createSchema<Context>({
  typeDefs: /* GraphQL */ `
    type Query {
      me: String
    }
    type Subscription {
      count: Int
    }
  `,
  resolvers: {
    Query: { me: (_parent, _args, { token }) => token.subject },
    Subscription: { count: { subscribe: counts, resolve: (count: number) => count } },
  },
})

export function createSubscriptionServer(options: ValidatorOptions): Server {
  const validator = createValidator(options)
  const server = createServer()
  useServer<{ readonly token?: unknown }, { lease: Lease }>(
    {
      schema,
      onConnect: async ({ connectionParams, extra }) => {
        try {
          const token = await validator.validate(connectionParams?.token)
          extra.lease = lease(token).bind(extra.socket)
          return true
        } catch (error) {
          if (isRefusal(error) || isUnavailable(error)) {
            return false
          }
          throw error
        }
      },
      context: ({ extra }) => extra.lease && contextOf(validator, extra.request, extra.lease.token),
    },
    new WebSocketServer({ server, path: '/graphql' }),
  )
  return server.on('close', () => void validator.close())
}

async function* counts(): AsyncGenerator<number> {
  for (let count = 0; ; count += 1) {
    yield count
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
