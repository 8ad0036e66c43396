import { createValidator, type Guard, trustedIssuer, type Validator, type ValidatorOptions } from '@tollgate/core'
import { algorithms } from '../../world/world.ts'
import type { JwtContender } from './contender.ts'

/** Ours, as it is when nothing is said. */
export const contender: JwtContender = {
  name: 'tollgate',
  algorithms,
  role: 'tollgate',
  module: import.meta.url,
  start: startTollgate('verdicts'),
}

export function startTollgate(remember: ValidatorOptions['remember']): JwtContender['start'] {
  return async ({ issuer, audience, algorithm }) => {
    const validator = createValidator({
      issuer: trustedIssuer(issuer, { algorithms: [algorithm] }),
      audience,
      remember,
    })
    await validator.ready()
    return authenticating(validator)
  }
}

/** A validation by hand, the guards given with each request. */
export function authenticating(
  validator: Validator,
  guards: readonly Guard[] = [],
): (authorization: string) => Promise<unknown> {
  return (authorization) =>
    validator.authenticate({ method: 'GET', url: '/', headers: [['authorization', authorization]] }, ...guards)
}
