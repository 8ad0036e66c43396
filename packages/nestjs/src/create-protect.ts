import type { CanActivate } from '@nestjs/common'
import type { Guard, RawClaims, Validator } from '@tollgate/core'
import { createExpectAtStart, invalidOption, type NodeMiddleware } from '@tollgate/core/adapter'
import { createCallAuth, type Credentials } from './call-auth.ts'
import { createMetadataMiddleware, type MiddlewareRequest } from './metadata.ts'
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
  /**
   * The middleware serves the metadata of the resource (RFC 9728) without a token: `app.use(protect.metadata())`. It compares
   * the whole target of the request, exactly. From then on, challenges name the URL. It throws a `TypeError` when the
   * resource has no URL: set `resource`.
   */
  readonly metadata: () => NodeMiddleware<MiddlewareRequest>
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
  if (settings.respondWithMetadata !== undefined) {
    throw invalidOption('Expected `metadata` in the options of TollgateModule. Here, use app.use(protect.metadata())')
  }
  const { validator } = settings
  const authenticate = createCallAuth(settings)
  const expectAtStart = createExpectAtStart()

  function guardFor(guards: readonly Guard[], credentials: Credentials): CanActivate {
    expectAtStart()
    const guard = validator.combine(...guards)
    return {
      canActivate: async (context) => {
        await authenticate(context, guard, credentials)
        return true
      },
    }
  }
  return Object.assign((...guards: readonly Guard[]) => guardFor(guards, 'required'), {
    optional: (...guards: readonly Guard[]) => guardFor(guards, 'optional'),
    metadata: () => createMetadataMiddleware(validator.metadata()),
    validator,
  })
}
