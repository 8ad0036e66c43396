import { scopes } from '@tollgate/core'
import type { Context } from './context.ts'

export const typeDefs = /* GraphQL */ `
  type Query {
    me: String
    orders: [String!]
  }
`

export const resolvers = {
  Query: {
    me: (_parent: unknown, _args: unknown, { token }: Context) => token.subject,
    orders: async (_parent: unknown, _args: unknown, { authorize }: Context) => {
      await authorize(scopes('orders:read'))
      return ['tea']
    },
  },
}
