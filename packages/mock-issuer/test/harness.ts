import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Dispatcher, request } from 'undici'
import { onTestFinished } from 'vitest'
import { createMockIssuer, type MockIssuer, type MockIssuerOptions } from '../src/index.ts'

/** Over loopback and in memory. */
export const transports = ['free', 'none'] as const

export interface Received {
  readonly status: number
  readonly headers: Dispatcher.ResponseData['headers']
  readonly text: string
}

type Sent = Omit<Dispatcher.RequestOptions, 'origin' | 'path' | 'method'> & { readonly method?: Dispatcher.HttpMethod }

export async function open(options?: MockIssuerOptions): Promise<MockIssuer> {
  const issuer = await createMockIssuer(options)
  onTestFinished(() => issuer.close())
  return issuer
}

/** The answer before its body has come. */
export async function begin(issuer: MockIssuer, path: string, sent: Sent = {}): Promise<Dispatcher.ResponseData> {
  const { dispatcher } = issuer.validatorOptions
  return request(`${issuer.url}${path}`, { ...sent, ...(dispatcher === undefined ? {} : { dispatcher }) })
}

export async function ask(issuer: MockIssuer, path: string, sent?: Sent): Promise<Received> {
  const { statusCode, headers, body } = await begin(issuer, path, sent)
  return { status: statusCode, headers, text: await body.text() }
}

export function basic(id: string, secret: string): string {
  const encode = (value: string): string => new URLSearchParams({ value }).toString().slice('value='.length)
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`
}

export interface Introspecting {
  readonly form?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

/** Asks about a token, with nothing that the test does not name. */
export async function introspectWith(
  issuer: MockIssuer,
  token: string,
  { form = {}, headers = {} }: Introspecting,
): Promise<Received> {
  return ask(issuer, '/introspect', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ token, ...form }).toString(),
  })
}

/** Asks about a token, as the client that may. */
export async function introspect(
  issuer: MockIssuer,
  token: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Received> {
  const authorization = basic(issuer.client.id, issuer.client.secret)
  return introspectWith(issuer, token, { headers: { authorization, ...headers } })
}

const run = promisify(execFile)
const source = new URL('../src/index.ts', import.meta.url).href

/** What a script prints, in a process of its own. Fails if the process has not ended by itself after five seconds. */
export async function runToItsEnd(script: string): Promise<string> {
  const whole = `import { createMockIssuer } from ${JSON.stringify(source)}
    import { request } from ${JSON.stringify(import.meta.resolve('undici'))}
    import { setTimeout } from 'node:timers/promises'
    ${script}`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', whole], { timeout: 5000 })
  return stdout
}
