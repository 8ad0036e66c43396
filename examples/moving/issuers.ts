import { createMockIssuer, type MockIssuer, type WrongToken, wrongTokens } from '@tollgate/mock-issuer'
import type { Apis, Call } from './compare.ts'

/** The values that every `before.ts` and `after.ts` gets. In an application, these are values of its own issuer. */
export interface Setting {
  readonly issuer: string
  readonly audience: string
  readonly jwksUri: string
}

/** The issuer of all checks. The libraries read RS256, and some of them nothing else. */
export const issuer = await createMockIssuer({ algorithms: ['RS256'] })

/** An issuer that never responds with keys. */
export const unavailableIssuer = await createMockIssuer({ algorithms: ['RS256'] })
unavailableIssuer.misbehave('metadata', { status: 503 })
unavailableIssuer.misbehave('jwks', { status: 503 })

export const setting = settingOf(issuer)
export const unavailable = settingOf(unavailableIssuer)

/** A token that every check accepts, and its claims. */
export const token = await issuer.accessToken({ scope: 'read write read:post write:post', admin: true })
export const claimsText = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()

/** A good token of the issuer without keys. */
export const unverifiableToken = await unavailableIssuer.accessToken({ scope: 'read write read:post' })

/** Wrong tokens, by name. A token without audience is not there, because it causes a warning. */
const wrong = new Map<WrongToken, string>()
for (const name of wrongTokens.filter((one) => one !== 'withoutAudience')) {
  wrong.set(name, await issuer.wrongToken(name, { scope: 'read write read:post', admin: true }))
}

/**
 * Sends every wrong token. Tollgate refuses all of them with 401. Before the move, the response is 401 too, unless
 * `before` has another status.
 */
export async function sendWrongTokens(
  { differs }: Apis,
  request: string,
  call: Call,
  before: Readonly<Partial<Record<WrongToken, number | 'not sent'>>>,
): Promise<void> {
  for (const [name, wrongToken] of wrong) {
    const status = before[name] ?? 401
    if (status !== 'not sent') {
      await differs(request, { ...call, token: wrongToken, name }, { status }, { status: 401 })
    }
  }
}

function settingOf({ url, validatorOptions }: MockIssuer): Setting {
  return { issuer: url, audience: validatorOptions.audience, jwksUri: `${url}/jwks` }
}
