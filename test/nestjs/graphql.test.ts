import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo'
import type { DynamicModule, INestApplication, Type } from '@nestjs/common'
import {
  Field,
  GraphQLModule,
  Int,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  ResolveReference,
  Resolver,
  Subscription,
} from '@nestjs/graphql'
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius'
import type { AccessToken } from '@tollgate/core'
import { Auth, OptionalAuth, Protect, Public, Scopes, type TollgateOptions } from '@tollgate/nestjs'
import { createMockIssuer, createSenderClient } from '@tollgate/mock-issuer'
import { createClient } from 'graphql-ws'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Received } from '../harness/send.ts'
import { createApp, failureOf, invalidOption, type Platform, serve } from './app.ts'

const issuer = await createMockIssuer()
afterAll(() => issuer.close())

@ObjectType()
class Author {
  @Field(() => String)
  name = 'Ann'
}

@Resolver(() => Author)
class AuthorResolver {
  @Query(() => String)
  me(@Auth() token: AccessToken) {
    return token.subject
  }

  @Query(() => Author)
  @Scopes('authors:read')
  author() {
    return { name: 'Ann' }
  }

  @Query(() => String)
  @OptionalAuth()
  hello(@Auth.optional() token: AccessToken | undefined) {
    return token?.subject ?? 'nobody'
  }

  @Query(() => String)
  @Public()
  ping() {
    return 'pong'
  }

  @Query(() => String)
  @Public()
  forgetful(@Auth() token: AccessToken) {
    return token.subject
  }

  @Subscription(() => Int, { resolve: (value: unknown) => value })
  @Scopes('count')
  async *count() {
    yield 1
  }
}

const apollo: ApolloDriverConfig = {
  driver: ApolloDriver,
  autoSchemaFile: true,
  graphiql: false,
  subscriptions: { 'graphql-ws': true },
}
const preserving = { ...apollo, preserveHttpStatusForExecutionErrors: false }
const mercurius: MercuriusDriverConfig = { driver: MercuriusDriver, autoSchemaFile: true }

const servers: readonly (readonly [string, Platform, DynamicModule])[] = [
  ['Apollo Server on Express', 'express', GraphQLModule.forRoot(apollo)],
  ['Apollo Server on Fastify', 'fastify', GraphQLModule.forRoot(apollo)],
  ['mercurius', 'fastify', GraphQLModule.forRoot(mercurius)],
]

async function createGraphql(
  graphql: DynamicModule,
  resolver: Type = AuthorResolver,
  platform: Platform = 'express',
  options: Partial<TollgateOptions> = {},
): Promise<INestApplication> {
  const all = { ...issuer.validatorOptions, ...options } as TollgateOptions
  return createApp(all, { providers: [resolver], imports: [graphql], platform })
}

async function open(platform: Platform, graphql: DynamicModule) {
  const request = await serve(await createGraphql(graphql, AuthorResolver, platform))
  return async (query: string, token?: string) => {
    const received = await request('/graphql', {
      method: 'POST',
      token,
      headers: [['Content-Type', 'application/json']],
      body: JSON.stringify({ query }),
    })
    return { ...received, ...(JSON.parse(received.body) as Result) }
  }
}

interface Result {
  readonly data: Readonly<Record<string, unknown>> | null
  readonly errors?: readonly { readonly message: string; readonly extensions: Readonly<Record<string, unknown>> }[]
}

function codesOf({ errors = [] }: Result): readonly unknown[] {
  return errors.map(({ extensions }) => extensions['code'])
}

describe.each(servers)('with %s', (_name, platform, graphql) => {
  test('a query needs a valid token with the scopes of its resolver', async () => {
    const ask = await open(platform, graphql)
    const token = await issuer.accessToken({ sub: 'bob', scope: 'authors:read' })
    expect(await ask('{ me author { name } hello ping }', token)).toMatchObject({
      status: 200,
      data: { me: 'bob', author: { name: 'Ann' }, hello: 'bob', ping: 'pong' },
    })
  })

  test('refusals have the codes that GraphQL clients know, and a challenge', async () => {
    const ask = await open(platform, graphql)
    const anonymous = await ask('{ me }')
    expect(codesOf(anonymous)).toEqual(['UNAUTHENTICATED'])
    expect(anonymous.challenges).toEqual(['Bearer realm="api"'])
    expect(anonymous.headers['cache-control']).toBe('no-store')
    const lacking = await ask('{ author { name } }', await issuer.accessToken({ scope: 'other' }))
    expect(codesOf(lacking)).toEqual(['FORBIDDEN'])
    expect(lacking.challenges).toEqual([expect.stringContaining('scope="authors:read"')])
    const expired = await ask('{ hello }', await issuer.wrongToken('expired'))
    expect(codesOf(expired)).toEqual(['UNAUTHENTICATED'])
    for (const { body } of [anonymous, lacking, expired]) {
      expect(body).not.toMatch(/missing-scope|no-credentials|"reason"|stacktrace.*\n *at /)
    }
  })

  test('a public query needs no token, beside one that is refused', async () => {
    const ask = await open(platform, graphql)
    expect(await ask('{ ping hello }')).toMatchObject({ status: 200, data: { ping: 'pong', hello: 'nobody' } })
    expect(codesOf(await ask('{ ping me }'))).toEqual(['UNAUTHENTICATED'])
    const token = await issuer.accessToken()
    expect((await ask('{ me forgetful }', token)).errors).toHaveLength(1)
  })

  test('an outage tells the client no address', async () => {
    const down = await createMockIssuer()
    const token = await down.accessToken()
    await down.close()
    const request = await serve(await createGraphql(graphql, AuthorResolver, platform, down.validatorOptions))
    const received: Received = await request(`/graphql?query=${encodeURIComponent('{me}')}`, {
      token,
      headers: [['apollo-require-preflight', 'true']],
    })
    expect(codesOf(JSON.parse(received.body) as Result)).toEqual(['SERVICE_UNAVAILABLE'])
    expect(received.challenges).toEqual([])
    expect(received.body).not.toContain('127.0.0.1')
  })
})

test('mercurius sends the status, and Apollo Server does with preserveHttpStatusForExecutionErrors: false', async () => {
  const viaMercurius = await open('fastify', GraphQLModule.forRoot(mercurius))
  const viaApollo = await open('express', GraphQLModule.forRoot(preserving))
  const token = await issuer.accessToken({ scope: 'other' })
  for (const ask of [viaMercurius, viaApollo]) {
    expect((await ask('{ me }')).status).toBe(401)
    expect((await ask('{ author { name } }', token)).status).toBe(403)
  }
})

describe('a subscription over graphql-ws', () => {
  async function subscribe(
    options: Partial<TollgateOptions>,
    connecting: { readonly headers?: Record<string, string>; readonly connectionParams?: Record<string, unknown> },
  ): Promise<unknown> {
    const app = await createGraphql(GraphQLModule.forRoot(apollo), AuthorResolver, 'express', options)
    await app.listen(0, '127.0.0.1')
    class Socket extends WebSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol, { headers: connecting.headers ?? {} })
      }
    }
    const url = `${(await app.getUrl()).replace('http', 'ws')}/graphql`
    const client = createClient({ url, webSocketImpl: Socket, connectionParams: connecting.connectionParams ?? {} })
    onTestFinished(async () => client.dispose())
    for await (const { data, errors } of client.iterate({ query: 'subscription { count }' })) {
      return data ?? errors?.map(({ extensions }) => extensions?.['code'])
    }
    return 'nothing'
  }

  test('needs a token in the headers of its upgrade request', async () => {
    const authorization = `Bearer ${await issuer.accessToken({ scope: 'count' })}`
    expect(await subscribe({}, { headers: { authorization } })).toEqual({ count: 1 })
    expect(await subscribe({}, {})).toEqual(['UNAUTHENTICATED'])
    expect(await subscribe({}, { connectionParams: { authorization } })).toEqual(['UNAUTHENTICATED'])
  })

  test("takes it from connectionParams with handshakeAuth: 'accepted'", async () => {
    const authorization = `Bearer ${await issuer.accessToken({ scope: 'count' })}`
    const accepted = { handshakeAuth: 'accepted' } as const
    expect(await subscribe(accepted, { connectionParams: { Authorization: authorization } })).toEqual({ count: 1 })
    expect(await subscribe(accepted, { connectionParams: { authorization } })).toEqual({ count: 1 })
    const both = { headers: { authorization }, connectionParams: { authorization } }
    expect(await subscribe(accepted, both)).toEqual(['BAD_REQUEST'])
  })
})

describe('Nest runs no guard for fields and references of entities', () => {
  @Resolver(() => Author)
  class FieldResolver {
    @Query(() => Author)
    @Public()
    author() {
      return { name: 'Ann' }
    }

    @ResolveField(() => String)
    @Scopes('salaries:read')
    salary(@Parent() _author: Author) {
      return 'much'
    }
  }

  @Resolver(() => Author)
  @Protect()
  class ReferenceResolver {
    @Query(() => Author)
    author() {
      return { name: 'Ann' }
    }

    @ResolveReference()
    resolveReference() {
      return { name: 'Ann' }
    }
  }

  test.each([FieldResolver, ReferenceResolver])('so that a decorated one does not start', async (resolver) => {
    expect(await failureOf(createGraphql(GraphQLModule.forRoot(apollo), resolver))).toMatchObject(invalidOption)
  })

  test("unless the options have fieldResolverEnhancers: ['guards']", async () => {
    const guarded = GraphQLModule.forRoot<ApolloDriverConfig>({ ...apollo, fieldResolverEnhancers: ['guards'] })
    const request = await serve(await createGraphql(guarded, FieldResolver))
    const query = async (token?: string): Promise<Result> => {
      const headers = [['apollo-require-preflight', 'true']] as const
      const { body } = await request(`/graphql?query=${encodeURIComponent('{ author { salary } }')}`, {
        headers,
        token,
      })
      return JSON.parse(body) as Result
    }
    expect(codesOf(await query())).toEqual(['UNAUTHENTICATED'])
    expect((await query(await issuer.accessToken({ scope: 'salaries:read' }))).data).toEqual({
      author: { salary: 'much' },
    })
  })

  test('and a public field is allowed', async () => {
    @Resolver(() => Author)
    class PublicFieldResolver {
      @Query(() => Author)
      author() {
        return { name: 'Ann' }
      }

      @ResolveField(() => String)
      nickname(@Parent() author: Author) {
        return author.name
      }
    }
    const app = await createGraphql(GraphQLModule.forRoot(apollo), PublicFieldResolver)
    await expect(app.init()).resolves.toBe(app)
  })
})

describe.each(servers)('DPoP with %s', (name, platform, graphql) => {
  test('a nonce that is required or aging comes with the response, once', async () => {
    const fresh = await createMockIssuer()
    onTestFinished(() => fresh.close())
    const options = { ...fresh.validatorOptions, origin: 'https://api.example', clock: fresh.clock }
    const app = await createGraphql(graphql, AuthorResolver, platform, {
      ...options,
      dpop: { mode: 'accepted', nonces: 'required' },
    })
    const request = await serve(app)
    const client = await createSenderClient({ clock: fresh.clock })
    const token = await fresh.accessToken({ cnf: client.cnf })
    const send = async (nonce?: string) => {
      const proof = await client.headers({ method: 'POST', url: 'https://api.example/graphql', token, nonce })
      const lines = [['Authorization', proof.authorization] as const, ['DPoP', proof.dpop] as const]
      return request('/graphql', {
        method: 'POST',
        headers: [['Content-Type', 'application/json'], ...lines],
        body: JSON.stringify({ query: '{ me hello }' }),
      })
    }
    const nonce = String((await send()).headers['dpop-nonce'])
    expect(nonce).toMatch(/^[\w-]{48}$/)
    const second = await send(nonce)
    expect([JSON.parse(second.body).data, second.headers['dpop-nonce']]).toEqual([
      { me: 'alice', hello: 'alice' },
      undefined,
    ])
    fresh.clock.advance('31s')
    const third = await send(nonce)
    expect(JSON.parse(third.body).data).toEqual({ me: 'alice', hello: 'alice' })
    const isKnown = third.headers['dpop-nonce'] !== undefined
    // This server gives its resolvers no response.
    expect(isKnown).toBe(name !== 'Apollo Server on Fastify')
    fresh.clock.advance('31s')
    expect((await send(nonce)).headers['dpop-nonce']).toMatch(/^[\w-]{48}$/)
  })
})
