import OAuth2Server from '@node-oauth/oauth2-server'
import express, { type Express, type Request, type RequestHandler } from 'express'
import { createServer } from 'node:http'
import { redirectUri } from '../harness/authorization-server.ts'
import { type CleanUp, listen } from '../harness/listen.ts'

/** The library does not decode client credentials (RFC 6749 §2.3.1). This secret looks the same when it is encoded. */
export const secret = 'secretOfTheTests'

type Incoming = ConstructorParameters<typeof OAuth2Server.Request>[0]
type Work = (request: OAuth2Server.Request, response: OAuth2Server.Response) => Promise<unknown>

/**
 * Starts @node-oauth/oauth2-server within Express, with everything in memory. Returns its origin. The library issues and
 * validates the tokens. It has no introspection endpoint: an application writes one with the `authenticate` of the library.
 */
export async function startNodeOAuth2Server(cleanUp: CleanUp): Promise<string> {
  return listen(createServer(createApp()), cleanUp)
}

function createApp(): Express {
  const model = createModel()
  const library = new OAuth2Server({ model })
  const authenticateHandler = { handle: () => ({ username: 'alice' }) }
  const app = express()
  app.set('env', 'test')
  app.use(express.urlencoded({ extended: false }))
  app.get(
    '/authorize',
    respondWith((request, response) => library.authorize(request, response, { authenticateHandler })),
  )
  app.post(
    '/token',
    respondWith((request, response) => library.token(request, response)),
  )
  const authenticated: RequestHandler = async (req, res, next) => {
    const [id = '', given = ''] = credentialsOf(req)
    return (await model.getClient(id, given)) === undefined ? res.status(401).end() : next()
  }
  app.post('/introspect', authenticated, async (req, res) => void res.json(await introspect(library, tokenOf(req))))
  app.post('/revoke', authenticated, async (req, res) => {
    model.forget(tokenOf(req))
    res.end()
  })
  return app
}

function respondWith(work: Work): RequestHandler {
  return async (req, res) => {
    const response = new OAuth2Server.Response()
    // The library writes its errors to the response, too.
    await work(new OAuth2Server.Request(req as object as Incoming), response).catch(() => undefined)
    res
      .status(response.status ?? 500)
      .set(response.headers)
      .send(response.body)
  }
}

async function introspect(library: OAuth2Server, token: string): Promise<object> {
  const headers = { authorization: `Bearer ${token}` }
  const request = new OAuth2Server.Request({ method: 'GET', query: {}, headers })
  try {
    const found = await library.authenticate(request, new OAuth2Server.Response())
    const exp = Math.floor(Number(found.accessTokenExpiresAt) / 1000)
    // The library demands a user for the token of a machine, too.
    const username: unknown = found.user['username']
    return { active: true, client_id: found.client.id, username, scope: found.scope?.join(' '), exp }
  } catch (error) {
    if (error instanceof OAuth2Server.InvalidTokenError) {
      return { active: false }
    }
    throw error
  }
}

type Model = OAuth2Server.AuthorizationCodeModel &
  OAuth2Server.ClientCredentialsModel & {
    readonly getClient: (id: string, given: string | null) => Promise<OAuth2Server.Client | undefined>
    readonly forget: (token: string) => void
  }

function createModel(): Model {
  const grants = ['authorization_code', 'client_credentials']
  const clients = ['app', 'otherApp', 'api'].map((id) => ({ id, grants, redirectUris: [redirectUri] }))
  const codes = new Map<string, OAuth2Server.AuthorizationCode>()
  const tokens = new Map<string, OAuth2Server.Token>()
  return {
    // The authorization endpoint gives no secret.
    getClient: async (id, given) => clients.find((client) => client.id === id && (given === null || given === secret)),
    getUserFromClient: async ({ id }) => ({ username: id }),
    saveAuthorizationCode: async (code, client, user) => {
      codes.set(code.authorizationCode, { ...code, client, user })
      return { ...code, client, user }
    },
    getAuthorizationCode: async (code) => codes.get(code),
    revokeAuthorizationCode: async ({ authorizationCode }) => codes.delete(authorizationCode),
    saveToken: async (token, client, user) => {
      tokens.set(token.accessToken, { ...token, client, user })
      return { ...token, client, user }
    },
    getAccessToken: async (token) => tokens.get(token),
    forget: (token) => void tokens.delete(token),
  }
}

function credentialsOf(req: Request): readonly string[] {
  const [, encoded = ''] = req.get('authorization')?.split(' ') ?? []
  return Buffer.from(encoded, 'base64').toString().split(':')
}

function tokenOf({ body }: Request): string {
  const { token } = body as { readonly token?: string }
  return token ?? ''
}
