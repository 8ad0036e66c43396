import { describedSettingsOf } from '../described-settings.ts'
import { type Guard, isGuard } from '../guards/guard.ts'
import { describeOther, invalidOption } from '../lib/invalid-option.ts'
import { isObject } from '../lib/record.ts'
import { protectionOf } from '../middleware/protections.ts'
import { createDescriber, type Layer } from './describer.ts'
import { expectOpenApiOptions, type OpenApiOptions } from './open-api-options.ts'
import type { OpenApiResponse, SecurityRequirement, SecurityScheme } from './open-api-types.ts'

/** The security of the operations of a document, derived from guards and middleware. */
export interface OpenApiSecurity {
  /** For `components.securitySchemes`. Read it last: a scheme `oauth2` lists the scopes that `securityOf` has named. */
  readonly securitySchemes: Record<string, SecurityScheme>
  /** For `security` of the whole document, where the app has a global `protect()`: any valid token. */
  readonly security: SecurityRequirement[]
  /**
   * For `security` of an operation: the requirement of its middleware, `securityOf(protect(scopes('a')))`, or of its
   * guards, `securityOf(scopes('a'))`. Several count together. Without an argument it is that of `protect()`. The paths of
   * `protect.unless` do not count here. For a public operation write `[]`.
   *
   * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for any other value.
   */
  readonly securityOf: (...protections: readonly object[]) => SecurityRequirement[]
  /** For `responses` of an operation: 401, 403 where a guard refuses valid tokens, and 503. Takes the same arguments. */
  readonly responsesOf: (...protections: readonly object[]) => Record<string, OpenApiResponse>
}

/** A validator, or the `protect` of an adapter. */
export type Protecting = Layer['validator'] | { readonly validator: Layer['validator'] }

/**
 * Describes the protection of an API for OpenAPI 3.0 and newer. The schemes follow from the options of the validator, and
 * the requirements from the guards and the middleware themselves. It validates nothing.
 *
 * A document names scopes, schemes, and whether credentials may be absent. It does NOT name other conditions, such as
 * those of `claims(…)`, `audience(…)` and `defineGuard(…)`. Their refusals are among the responses.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function openApiSecurity(subject: Protecting, options: OpenApiOptions = {}): OpenApiSecurity {
  const describer = createDescriber(expectOpenApiOptions(options))
  const validator = expectProtecting(subject)

  const layersOf = (protections: readonly object[]): readonly Layer[] => {
    const guards = protections.filter((one) => isGuard(one)) as readonly Guard[]
    const layers = protections.filter((one) => !isGuard(one)).map(expectProtection)
    return layers.length > 0 && guards.length === 0
      ? layers
      : [...layers, { guard: validator.combine(...guards), credentials: 'required', validator }]
  }
  return {
    get securitySchemes() {
      describer.requirementsOf(layersOf([]))
      return describer.schemes()
    },
    get security() {
      return describer.requirementsOf(layersOf([]))
    },
    securityOf: (...protections) => describer.requirementsOf(layersOf(protections)),
    responsesOf: (...protections) => describer.responsesOf(layersOf(protections)),
  }
}

/** The validator of an argument of `openApiSecurity`. Throws a `TypeError` for any other value. */
function expectProtecting(subject: Protecting): Layer['validator'] {
  const validator = isObject(subject) && 'validator' in subject ? subject.validator : subject
  if (!isObject(subject) || describedSettingsOf(validator) === undefined) {
    throw invalidOption(
      `Expected openApiSecurity(…) to get the protect of createProtect(…), or a validator, got ${describeOther(subject)}`,
    )
  }
  return validator
}

function expectProtection(middleware: object): Layer {
  const protection = protectionOf(middleware)
  if (protection === undefined) {
    throw invalidOption(
      `Expected guards, or middleware that protect(…) returned, got ${describeOther(middleware)}: pass protect(…) itself, and not a function around it`,
    )
  }
  return protection
}
