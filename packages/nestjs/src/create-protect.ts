import type { CanActivate } from '@nestjs/common'
import type { Guard, RawClaims, Validator } from '@tollgate/core'
import { createExpectAtStart, noteProtection } from '@tollgate/core/adapter'
import { createCallAuth, type Credentials } from './call-auth.ts'
import { expectTollgateOptions, type TollgateOptions } from './options.ts'

/** Creates guards of Nest for `@UseGuards(…)`, by a validator of its own. */
export interface Protect<Claims = RawClaims> {
  /**
   * The guard of Nest accepts a call with a valid access token that all guards accept. In a handler it would protect
   * nothing: there it throws a `TypeError`.
   */
  (...guards: readonly Guard[]): CanActivate
  /** The same, and calls without credentials pass too. Bad credentials are refused. */
  readonly optional: (...guards: readonly Guard[]) => CanActivate
  /** The validator behind it: `await protect.validator.ready()`, `.health()`, `.close()`. */
  readonly validator: Validator<Claims>
}

/**
 * Creates guards for a part of the application that trusts other issuers or another audience than `TollgateModule`:
 * `@Public() @UseGuards(protectAdmin(scopes('admin')))`. Without `@Public()` a token must satisfy both.
 *
 * The application closes the validator itself.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options. The message says how to fix them.
 */
export function createProtect<Claims = RawClaims>(options: TollgateOptions<Claims>): Protect<Claims> {
  const settings = expectTollgateOptions(options)
  const { validator } = settings
  const authenticate = createCallAuth(settings)
  const expectAtStart = createExpectAtStart()

  function guardFor(guards: readonly Guard[], credentials: Credentials): CanActivate {
    expectAtStart()
    const guard = validator.combine(...guards)
    const canActivate: CanActivate['canActivate'] = async (context) => {
      await authenticate(context, guard, credentials)
      return true
    }
    return noteProtection({ canActivate }, { guard, credentials, validator })
  }
  return Object.assign((...guards: readonly Guard[]) => guardFor(guards, 'required'), {
    optional: (...guards: readonly Guard[]) => guardFor(guards, 'optional'),
    validator,
  })
}
