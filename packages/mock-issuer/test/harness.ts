import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import { type Dispatcher, request } from 'undici'
import { onTestFinished } from 'vitest'
import { createMockIssuer, type MockIssuer, type MockIssuerOptions } from '../src/index.ts'

/** Loopback, and memory. */
export const ports = ['free', 'none'] as const

export interface Received {
  readonly status: number
  readonly headers: Dispatcher.ResponseData['headers']
  readonly text: string
}

type RequestOptions = Omit<Dispatcher.RequestOptions, 'origin' | 'path' | 'method'> & {
  readonly method?: Dispatcher.HttpMethod
}

/** Starts an issuer, without a port by default. It closes at the end of the test. */
export async function start(options: MockIssuerOptions = {}): Promise<MockIssuer> {
  const issuer = await createMockIssuer({ port: 'none', ...options })
  onTestFinished(() => issuer.close())
  return issuer
}

/** Returns the response before its body has arrived. */
export async function open(
  { url, validatorOptions: { dispatcher } }: MockIssuer,
  path: string,
  options: RequestOptions = {},
): Promise<Dispatcher.ResponseData> {
  return request(new URL(path, url), { ...options, ...(dispatcher === undefined ? {} : { dispatcher }) })
}

export async function send(issuer: MockIssuer, path: string, options?: RequestOptions): Promise<Received> {
  const { statusCode, headers, body } = await open(issuer, path, options)
  return { status: statusCode, headers, text: await body.text() }
}

export async function keysOf(issuer: MockIssuer): Promise<JSONWebKeySet['keys']> {
  return (JSON.parse((await send(issuer, '/jwks')).text) as JSONWebKeySet).keys
}

export async function verifier(issuer: MockIssuer): Promise<ReturnType<typeof createLocalJWKSet>> {
  return createLocalJWKSet({ keys: await keysOf(issuer) })
}

export function basic(id: string, secret: string): string {
  const encode = (value: string): string => new URLSearchParams({ value }).toString().slice('value='.length)
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`
}

export interface IntrospectionRequest {
  readonly form?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string | string[]>>
}

/** Introspects a token with the given credentials only. */
export async function introspectWith(
  issuer: MockIssuer,
  token: string,
  { form = {}, headers = {} }: IntrospectionRequest,
): Promise<Received> {
  return send(issuer, '/introspect', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ token, ...form }).toString(),
  })
}

/** Introspects a token as the client of the issuer. */
export async function introspect(
  issuer: MockIssuer,
  token: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Received> {
  const authorization = basic(issuer.client.id, issuer.client.secret)
  return introspectWith(issuer, token, { headers: { authorization, ...headers } })
}

const source = new URL('../src/index.ts', import.meta.url).href

/** Returns the output of a script, after its process has ended without `process.exit`. */
export async function runToExit(script: string): Promise<string> {
  const whole = `import { createMockIssuer } from ${JSON.stringify(source)}
    import { request } from ${JSON.stringify(import.meta.resolve('undici'))}
    import { setTimeout } from 'node:timers/promises'
    ${script}`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', whole])
  return stdout
}
