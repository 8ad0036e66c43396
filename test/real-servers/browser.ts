import { type Browser, chromium } from 'playwright-core'
import type { CleanUp } from '../harness/listen.ts'
import { chromiumPath } from './programs.ts'

/** Starts the Chromium of Debian, until the test ends. It has no network but loopback, for which it uses no proxy. */
export async function openBrowser(cleanUp: CleanUp): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    // On this port of loopback there is no proxy.
    args: ['--proxy-server=http://127.0.0.1:9', '--disable-dev-shm-usage'],
  })
  cleanUp(async () => browser.close())
  return browser
}
