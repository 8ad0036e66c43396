import type { AccessToken } from '@tollgate/core'
import { isInMilliseconds, own, showDuration } from '@tollgate/core/adapter'

const minRemaining = 60
const day = 86_400

/** What is unusual about a valid token. */
export function warningsOf(token: AccessToken<unknown>): readonly string[] {
  const now = Date.now() / 1000
  const { claims } = token
  const exp = own(claims, 'exp')
  const iat = own(claims, 'iat')
  const warnings: string[] = []
  if (typeof exp !== 'number') {
    warnings.push('The token has no `exp`: only the issuer ends it.')
  } else if (isInMilliseconds(exp)) {
    warnings.push(
      '`exp` is in milliseconds and must be in seconds: the token never ends. Divide by 1000 where it is made.',
    )
  } else if (exp - now < minRemaining) {
    warnings.push(`The token expires in ${showDuration(exp - now)}.`)
  }
  if (typeof exp === 'number' && !isInMilliseconds(exp) && exp - (typeof iat === 'number' ? iat : now) > day) {
    const duration = showDuration(exp - (typeof iat === 'number' ? iat : now))
    warnings.push(`The token is valid for ${duration}. A stolen token is, too: shorten the lifetime at the issuer.`)
  }
  if (token.audience.length > 1) {
    warnings.push('The token is for several APIs: each of them can send it to the others.')
  }
  return warnings
}
