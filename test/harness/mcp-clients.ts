/** The MCP clients of the official SDK. Each connects to a server of which it knows nothing but the URL. */
import * as v2 from '@modelcontextprotocol/client'
import * as v1Auth from '@modelcontextprotocol/sdk/client/auth.js'
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'
import { onTestFinished } from 'vitest'
import { type AuthLog, createAuthProvider, type McpClientOptions } from './mcp-auth-provider.ts'

/** A client of one server. */
export interface McpClient {
  /** Connects. When the server needs a token, it gets one and connects again. */
  readonly connect: () => Promise<void>
  /** Calls a tool. When the server needs a token with more scopes, the client gets one and calls again. Returns the text. */
  readonly callTool: (name: string) => Promise<string>
  readonly listTools: () => Promise<readonly string[]>
  /** Gets a token as `connect` does, and sends no MCP message. */
  readonly authorize: () => Promise<string>
  readonly log: AuthLog
  /** The requests of the SDK and the status of each: `POST /mcp 401`. */
  readonly requests: readonly string[]
  /** The responses of the server at the URL that are errors. */
  readonly refusals: Response[]
}

export type OpenMcpClient = (url: string, options?: McpClientOptions) => McpClient

/** The part of a client that depends on the version of the SDK. */
interface Sdk {
  readonly connect: () => Promise<void>
  readonly callTool: (name: string) => Promise<object>
  readonly listTools: () => Promise<{ readonly tools: readonly { readonly name: string }[] }>
  readonly finishAuth: (callback: URLSearchParams) => Promise<void>
  readonly close: () => Promise<void>
}

interface OpenSdk {
  /** A transport connects once. */
  readonly open: () => Sdk
  readonly auth: (authorizationCode?: URLSearchParams) => Promise<unknown>
  readonly isUnauthorized: (error: unknown) => boolean
  readonly log: AuthLog
}

type Fetch = (input: string | URL, init?: RequestInit) => Promise<Response>

const info = { name: 'tests', version: '1.0.0' }

function v1Sdk(url: URL, fetch: Fetch, options: McpClientOptions): OpenSdk {
  const authProvider = createAuthProvider<OAuthClientInformationMixed, OAuthTokens, v1Auth.OAuthDiscoveryState>(options)
  return {
    open: () => {
      const client = new V1Client(info)
      const transport = new V1Transport(url, { authProvider, fetch })
      return {
        connect: async () => client.connect(transport),
        callTool: async (name) => client.callTool({ name, arguments: {} }),
        listTools: async () => client.listTools(),
        finishAuth: async (callback) => transport.finishAuth(callback.get('code') ?? ''),
        close: async () => client.close(),
      }
    },
    auth: async (callback) =>
      v1Auth.auth(authProvider, {
        serverUrl: url,
        fetchFn: fetch,
        ...(callback === undefined ? {} : { authorizationCode: callback.get('code') ?? '' }),
      }),
    isUnauthorized: (error) => error instanceof v1Auth.UnauthorizedError,
    log: authProvider.log,
  }
}

function v2Sdk(mode: 'legacy' | 'auto') {
  return (url: URL, fetch: Fetch, options: McpClientOptions): OpenSdk => {
    const stored = createAuthProvider<v2.StoredOAuthClientInformation, v2.StoredOAuthTokens, v2.OAuthDiscoveryState>(
      options,
    )
    const dpop = options.dpop === true ? v2.DpopSession.create() : undefined
    const authProvider = dpop === undefined ? stored : { ...stored, dpop: async () => dpop }
    return {
      open: () => {
        const client = new v2.Client(info, { versionNegotiation: { mode } })
        const transport = new v2.StreamableHTTPClientTransport(url, { authProvider, fetch })
        return {
          connect: async () => client.connect(transport),
          callTool: async (name) => client.callTool({ name, arguments: {} }),
          listTools: async () => client.listTools(),
          finishAuth: async (callback) => transport.finishAuth(callback),
          close: async () => client.close(),
        }
      },
      auth: async (callback) =>
        v2.auth(authProvider, {
          serverUrl: url,
          fetchFn: fetch,
          ...(callback === undefined
            ? {}
            : { authorizationCode: callback.get('code') ?? '', iss: callback.get('iss') ?? '' }),
        }),
      isUnauthorized: (error) => error instanceof v2.UnauthorizedError,
      log: authProvider.log,
    }
  }
}

function opener(sdkOf: (url: URL, fetch: Fetch, options: McpClientOptions) => OpenSdk): OpenMcpClient {
  return (url, options = {}) => {
    const requests: string[] = []
    const refusals: Response[] = []
    const recordingFetch: Fetch = async (input, init) => {
      const response = await fetch(input, init)
      const { pathname } = new URL(input)
      requests.push(`${init?.method ?? 'GET'} ${pathname} ${response.status}`)
      if (String(input) === url && !response.ok) {
        refusals.push(response.clone())
      }
      return response
    }
    const { open, auth, isUnauthorized, log } = sdkOf(new URL(url), recordingFetch, options)
    let sdk = open()
    onTestFinished(async () => sdk.close())

    /** Does it again after an authorization, as the documentation of the SDK says. */
    async function authorized<Result>(work: () => Promise<Result>, isConnection = false): Promise<Result> {
      try {
        return await work()
      } catch (error) {
        if (!isUnauthorized(error)) {
          throw error
        }
        await sdk.finishAuth(log.callback())
        if (isConnection) {
          sdk = open()
        }
        return work()
      }
    }

    return {
      connect: async () => authorized(async () => sdk.connect(), true),
      callTool: async (name) => textOf(await authorized(async () => sdk.callTool(name))),
      listTools: async () => (await authorized(async () => sdk.listTools())).tools.map((tool) => tool.name),
      authorize: async () => {
        await auth()
        await auth(log.callback())
        return log.tokens.at(-1) ?? ''
      },
      log,
      requests,
      refusals,
    }
  }
}

function textOf(result: object): string {
  const { content, isError } = result as { readonly content: readonly { readonly text?: string }[]; isError?: boolean }
  const [first] = content
  if (isError === true) {
    throw new Error(`The tool failed: ${first?.text}`)
  }
  return first?.text ?? ''
}

/** v2 speaks the protocol of v1 unless it negotiates. */
export const mcpClients: Readonly<Record<'SDK v1' | 'SDK v2' | 'SDK v2, negotiating', OpenMcpClient>> = {
  'SDK v1': opener(v1Sdk),
  'SDK v2': opener(v2Sdk('legacy')),
  'SDK v2, negotiating': opener(v2Sdk('auto')),
}
