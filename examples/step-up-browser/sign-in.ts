import { randomInt } from 'node:crypto'
import express, { type Response, Router } from 'express'
import type { Provider } from 'oidc-provider'

/** Sends a one-time code to the phone of a person. */
export type SendCode = (code: string) => void

const passwords: ReadonlyMap<string, string> = new Map([
  ['alice', 'alice-password'],
  ['bob', 'bob-password'],
])

/** `acr_values` lists the classes of which one is enough. Without it, every class is. */
export function isEnough(acr: string | undefined, acrValues: unknown): boolean {
  return typeof acrValues !== 'string' || acrValues.split(' ').includes(acr ?? '')
}

/** The pages for people. A password gives the class `1`. If that is not enough, a one-time code gives the class `2`. */
export function createSignIn(provider: Provider, sendCode: SendCode): Router {
  /** The account and its code, by the id of the interaction. */
  const sent = new Map<string, { readonly accountId: string; readonly code: string }>()
  const router = Router()
  router.use(express.urlencoded({ extended: false }))

  router.get('/:uid', async (req, res) => {
    await provider.interactionDetails(req, res)
    sendForm(res, passwordFields)
  })

  router.post('/:uid', async (req, res) => {
    const { uid, params } = await provider.interactionDetails(req, res)
    const { account, password, code, cancel } = req.body as Readonly<Record<string, unknown>>
    const finish = async (accountId: string, acr: string): Promise<void> =>
      provider.interactionFinished(req, res, { login: { accountId, acr } })
    // Each code counts for one attempt.
    const expected = sent.get(uid)
    sent.delete(uid)
    if (cancel !== undefined) {
      const result = { error: 'access_denied', error_description: 'The person cancelled the sign-in' }
      await provider.interactionFinished(req, res, result)
    } else if (expected !== undefined && code === expected.code) {
      await finish(expected.accountId, '2')
    } else if (typeof account !== 'string' || typeof password !== 'string' || passwords.get(account) !== password) {
      sendForm(res, passwordFields)
    } else if (isEnough('1', params['acr_values'])) {
      await finish(account, '1')
    } else {
      const newCode = randomInt(1_000_000).toString().padStart(6, '0')
      sent.set(uid, { accountId: account, code: newCode })
      sendCode(newCode)
      sendForm(res, codeFields)
    }
  })
  return router
}

const passwordFields = `
  <p><label>Account <input name="account" required autocomplete="username" /></label></p>
  <p><label>Password <input name="password" type="password" required autocomplete="current-password" /></label></p>`
const codeFields = `
  <p><label>One-time code <input name="code" required autocomplete="one-time-code" inputmode="numeric" /></label></p>`

function sendForm(res: Response, fields: string): void {
  res.set('Cache-Control', 'no-store').send(`<!doctype html>
<html lang="en">
  <title>Sign in</title>
  <link rel="icon" href="data:," />
  <h1>Sign in</h1>
  <form method="post">${fields}
    <button>Continue</button>
    <button name="cancel" formnovalidate>Cancel</button>
  </form>
</html>
`)
}
