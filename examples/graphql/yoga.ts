import { createValidator, type ValidatorOptions } from '@tollgate/core'
import { createSchema, createYoga } from 'graphql-yoga'
import { type Context, createContext } from './context.ts'
import { resolvers, typeDefs } from './schema.ts'

export function createApp(options: ValidatorOptions) {
  const validator = createValidator(options)
  return createYoga({
    schema: createSchema<Context>({ typeDefs, resolvers }),
    context: ({ request }) => createContext(validator, request),
  })
}
