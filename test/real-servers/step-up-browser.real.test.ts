/**
 * `examples/step-up-browser` in a real browser: step-up (RFC 9470) with oidc-provider and openid-client. The page, the
 * authorization server and the API are three origins.
 */
import { createServer } from 'node:http'
import { type Options, start } from '@tollgate/example-step-up-browser'
import { createProtect, stepUp } from '@tollgate/express'
import cors from 'cors'
import express from 'express'
import type { Page } from 'playwright-core'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { listen } from '../harness/listen.ts'
import { openBrowser } from './browser.ts'

/** Each page has cookies of its own. */
const browser = await openBrowser(afterAll)

interface Opened {
  readonly page: Page
  readonly url: string
  readonly api: string
  /** The one-time codes that a phone got. */
  readonly codes: readonly string[]
}

async function openPage(tokens: NonNullable<Options['tokens']>): Promise<Opened> {
  const codes: string[] = []
  const { page: url, api, stop } = await start({ tokens, sendCode: (code) => void codes.push(code) })
  onTestFinished(stop)
  const page = await browser.newPage()
  onTestFinished(async () => page.close())
  page.setDefaultTimeout(60_000)
  await page.goto(url)
  return { page, url, api, codes }
}

async function click(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name }).click()
}

async function enterPassword(page: Page, account = 'alice'): Promise<void> {
  await page.getByLabel('Account').fill(account)
  await page.getByLabel('Password').fill(`${account}-password`)
  await click(page, 'Continue')
}

async function enterCode({ page, codes }: Opened, count: number): Promise<void> {
  await expect.poll(() => codes).toHaveLength(count)
  await page.getByLabel('One-time code').fill(codes.at(-1) ?? '')
  await click(page, 'Continue')
}

async function signIn({ page }: Opened): Promise<void> {
  await click(page, 'Sign in')
  await enterPassword(page)
  expect(await linesOf(page, 2)).toEqual(signedIn)
}

const signedIn = ['POST /token 200', 'Signed in as alice.']

/** The lines of the page, when there are so many. */
async function linesOf(page: Page, count: number): Promise<readonly string[]> {
  const lines = async (): Promise<readonly string[]> =>
    ((await page.getByRole('log').textContent()) ?? '').split('\n').slice(0, -1)
  await expect.poll(lines).toHaveLength(count)
  return lines()
}

/** Lets the clock of the servers pass this many seconds. The browser has a clock of its own. */
function passSeconds(seconds: number): void {
  const { now } = Date
  const spy = vi.spyOn(Date, 'now').mockImplementation(() => now() + seconds * 1000)
  onTestFinished(() => spy.mockRestore())
}

function resultOf(line: string | undefined): Record<string, unknown> {
  return JSON.parse(line ?? '') as Record<string, unknown>
}

const forPayment = 'The API demands acr_values=2&max_age=900&scope=payments%3Awrite'

describe.each(['jwt', 'opaque'] as const)('with a token of the format %s', (tokens) => {
  test('a stronger sign-in is demanded, happens, and is accepted', async () => {
    const opened = await openPage(tokens)
    const { page, url } = opened
    await signIn(opened)
    await click(page, 'Read the orders')
    const before = await linesOf(page, 4)
    expect(before[2]).toBe('GET /orders 200')
    expect(resultOf(before[3])).toEqual({ for: 'alice', acr: '1', auth_time: expect.any(Number) })

    await click(page, 'Pay')
    await page.getByLabel('Account').waitFor()
    await enterPassword(page)
    await enterCode(opened, 1)
    const after = (await linesOf(page, 10)).slice(4)
    expect(after.slice(0, 5)).toEqual(['POST /payments 401', forPayment, ...signedIn, 'POST /payments 201'])
    expect(resultOf(after[5])).toEqual({ for: 'alice', acr: '2', auth_time: expect.any(Number) })
    expect(page.url()).toBe(url)

    await click(page, 'Pay')
    expect((await linesOf(page, 12))[10]).toBe('POST /payments 201')
  })

  test('a new sign-in is demanded for an old one, happens, and is accepted', async () => {
    const opened = await openPage(tokens)
    const { page } = opened
    await signIn(opened)
    await click(page, 'Change the address')
    const first = await linesOf(page, 4)
    expect(first[2]).toBe('PUT /address 200')

    passSeconds(600)
    const later = Math.floor(Date.now() / 1000)
    await click(page, 'Change the address')
    await page.getByLabel('Account').waitFor()
    await enterPassword(page)
    const after = (await linesOf(page, 10)).slice(4)
    expect(after.slice(0, 5)).toEqual([
      'PUT /address 401',
      'The API demands max_age=300',
      ...signedIn,
      'PUT /address 200',
    ])
    const { auth_time: authTime } = resultOf(after[5])
    expect(resultOf(first[3])['auth_time']).toBeLessThan(later)
    expect(authTime).toBeGreaterThanOrEqual(later)
  })
})

test('a person who cancels stays signed in, and the page does not send them again', async () => {
  const opened = await openPage('jwt')
  const { page, url } = opened
  await signIn(opened)
  for (const attempt of [0, 1]) {
    await click(page, 'Pay')
    await click(page, 'Cancel')
    expect((await linesOf(page, 5 + attempt * 3)).slice(-3)).toEqual([
      'POST /payments 401',
      forPayment,
      'AuthorizationResponseError: access_denied',
    ])
    expect(page.url()).toBe(url)
  }
  await click(page, 'Read the orders')
  expect((await linesOf(page, 10)).at(-2)).toBe('GET /orders 200')
})

test('a page whose issuer cannot give the class asks once, and not for ever', async () => {
  const opened = await openPage('jwt')
  const { page, url } = opened
  await signIn(opened)
  await click(page, 'Sign a contract')
  await page.getByLabel('Account').waitFor()
  await enterPassword(page)
  await enterCode(opened, 1)
  const demand = ['POST /contracts 401', 'The API demands acr_values=3']
  expect((await linesOf(page, 9)).slice(2)).toEqual([
    ...demand,
    ...signedIn,
    ...demand,
    'Another sign-in does not help.',
  ])
  expect(page.url()).toBe(url)
})

test('a wrong password or code gives nothing, and each code counts once', async () => {
  const opened = await openPage('jwt')
  const { page, url, codes } = opened
  await click(page, 'Sign in')
  await page.getByLabel('Account').fill('mallory')
  const password = page.getByLabel('Password')
  await password.evaluate((input) => input.remove())
  await click(page, 'Continue')
  await password.waitFor()
  await page.goto(url)
  await signIn(opened)
  await click(page, 'Pay')
  await enterPassword(page)
  await page.getByLabel('One-time code').fill('a wrong code')
  await click(page, 'Continue')
  await page.getByLabel('Account').waitFor()
  expect(codes).toHaveLength(1)
  await enterPassword(page)
  await enterCode(opened, 2)
  expect((await linesOf(page, 8))[6]).toBe('POST /payments 201')
})

test('the page does not repeat the call for another person', async () => {
  const opened = await openPage('jwt')
  const { page } = opened
  await signIn(opened)
  await click(page, 'Pay')
  await enterPassword(page, 'bob')
  await enterCode(opened, 1)
  expect((await linesOf(page, 6)).slice(4)).toEqual(['POST /token 200', 'Signed in as bob.'])
  await click(page, 'Pay')
  expect(resultOf((await linesOf(page, 8)).at(-1))).toMatchObject({ for: 'bob', acr: '2' })
})

test('a page of another origin reads the challenge only if the API exposes it', async () => {
  const { page, url, api } = await openPage('jwt')
  const origin = new URL(url).origin
  const read = async (target: string) => {
    const { status, headers } = await fetch(target, { headers: { authorization: 'Bearer made-up' } })
    return { status, challenge: headers.get('www-authenticate') }
  }
  const refused = { status: 401, challenge: expect.stringMatching(/^Bearer realm="api", error="invalid_token"/) }
  expect(await page.evaluate(read, `${api}/orders`)).toEqual(refused)

  const protect = createProtect({ issuer: 'https://issuer.example', audience: 'https://orders.example' })
  for (const [exposedHeaders, expected] of [
    [[], { status: 401, challenge: null }],
    [['WWW-Authenticate'], refused],
  ] as const) {
    const app = express().use(cors({ origin, exposedHeaders: [...exposedHeaders] }))
    app.get('/', protect(stepUp({ acr: '2' })), (_req, res) => void res.end())
    const target = await listen(createServer(app))
    expect(await page.evaluate(read, target)).toEqual(expected)
  }
})
