/** `examples/dpop-browser` in a real browser. The page, the authorization server and the API are three origins. */
import { start } from '@tollgate/example-dpop-browser'
import type { Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { openBrowser } from './browser.ts'

async function openPage(): Promise<{ readonly page: Page; readonly url: string; readonly orders: string }> {
  const { page: url, orders, stop } = await start()
  onTestFinished(stop)
  const browser = await openBrowser(onTestFinished)
  const page = await browser.newPage()
  page.setDefaultTimeout(60_000)
  await page.goto(url)
  return { page, url, orders }
}

async function click(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name }).click()
}

/** The lines of the page, when there are so many. */
async function linesOf(page: Page, count: number): Promise<readonly string[]> {
  const lines = async (): Promise<readonly string[]> =>
    ((await page.getByRole('log').textContent()) ?? '').split('\n').slice(0, -1)
  await expect.poll(lines).toHaveLength(count)
  return lines()
}

test('a page gets a bound token, and reads the nonce that the API of another origin demands', async () => {
  const { page, url } = await openPage()
  await click(page, 'Sign in')
  const signedIn = expect.stringMatching(/^Signed in\. The token is bound to the key [\w-]{43}\.$/)
  expect(await linesOf(page, 2)).toEqual(['/token 200', signedIn])
  expect(page.url()).toBe(url)
  await click(page, 'Call the API')
  expect((await linesOf(page, 5)).slice(2)).toEqual([
    '/orders 401 use_dpop_nonce and a nonce',
    '/orders 200',
    '{"for":"alice","orders":[1,2]}',
  ])
  await click(page, 'Call the API')
  expect((await linesOf(page, 7)).slice(5)).toEqual(['/orders 200', '{"for":"alice","orders":[1,2]}'])
})

test('no script can read the key, and it stays when the page is opened again', async () => {
  const { page } = await openPage()
  await click(page, 'Sign in')
  const before = await linesOf(page, 2)
  await click(page, 'Export the key')
  expect((await linesOf(page, 3))[2]).toMatch(/^InvalidAccessError: /)
  await page.reload()
  await click(page, 'Sign in')
  expect(await linesOf(page, 2)).toEqual(before)
})

test('a script of the page can read every challenge of the API', async () => {
  const { page, orders } = await openPage()
  const read = async (url: string) => {
    const { status, headers } = await fetch(url, { headers: { authorization: 'DPoP made-up' } })
    return { status, challenge: headers.get('www-authenticate') }
  }
  expect(await page.evaluate(read, orders)).toEqual({
    status: 401,
    challenge: expect.stringMatching(/^DPoP realm="api", error="invalid_token", .*algs="ES256 .*"$/),
  })
})

test('the browser of these tests has no other network', async () => {
  const { page } = await openPage()
  await expect(page.goto('http://tollgate.invalid/')).rejects.toThrow('ERR_PROXY_CONNECTION_FAILED')
})
