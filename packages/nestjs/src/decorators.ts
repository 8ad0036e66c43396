import { applyDecorators, createParamDecorator, type ExecutionContext, UseGuards } from '@nestjs/common'
import { type AccessToken, type Guard, scopes } from '@tollgate/core'
import { optionalTokenOf, tokenOf } from './accepted-tokens.ts'
import { type AccessRule, addRule } from './access-rule.ts'
import { TollgateGuard } from './tollgate-guard.ts'

/** A decorator for a controller, a resolver, a gateway, or one of their methods. */
export type AccessDecorator = ClassDecorator & MethodDecorator

/**
 * Each route of the class, or the route, needs a valid access token that all guards accept. The guards of a class and of
 * its base classes apply to every method, in addition to those of the method.
 *
 * Without `TollgateModule` in the application, a decorated class does not start.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` on a target with `@Public()` or `@OptionalAuth(…)`. A value that is
 *   no guard throws when the application starts.
 */
export function Protect(...guards: readonly Guard[]): AccessDecorator {
  return accessDecorator({ access: 'protected', guards })
}

/**
 * The same as `@Protect(scopes('a', 'b'))`: the token needs all of these scopes (RFC 6750 §3.1).
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` without a scope, and for a name that is no scope (RFC 6749 §3.3).
 */
export function Scopes(...names: readonly string[]): AccessDecorator {
  return Protect(scopes(...names))
}

/**
 * Accepts a request without credentials too. Invalid credentials are refused, and the guards apply to every token. A
 * subclass does not inherit it. Handlers read the token by `@Auth.optional()`.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` on a target with another of these decorators.
 */
export function OptionalAuth(...guards: readonly Guard[]): AccessDecorator {
  return accessDecorator({ access: 'optional', guards })
}

/**
 * The class or the route needs no token, and Tollgate reads no credentials. On a method it takes precedence over the
 * decorators of the class. A method of a public class can be protected. A subclass does not inherit it.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` on a target with another of these decorators.
 */
export function Public(): AccessDecorator {
  return accessDecorator({ access: 'public', guards: [] })
}

/** The type of `Auth`. */
export interface AuthDecorator {
  /** The access token. Throws a `TypeError` for a route without a token, which is a 500. */
  (): ParameterDecorator
  /** The access token, or `undefined` for a request without credentials on an `@OptionalAuth()` route. */
  readonly optional: () => ParameterDecorator
}

/**
 * The parameter of a handler that receives the access token: `list(@Auth() token: AccessToken)`. TypeScript cannot check
 * the type of the parameter. With a schema in the option `claims`, it is `AccessToken<Claims>`.
 */
export const Auth: AuthDecorator = Object.assign(
  createParamDecorator((_data: unknown, context: ExecutionContext): AccessToken => tokenOf(context)),
  { optional: createParamDecorator((_data: unknown, context: ExecutionContext) => optionalTokenOf(context)) },
)

/** The guard on the class itself makes Nest run it where it runs no global guard, such as in gateways of Nest 11. */
function accessDecorator(rule: AccessRule): AccessDecorator {
  return applyDecorators((target: object, name?: string | symbol, method?: PropertyDescriptor) => {
    addRule(rule, target, name, method)
  }, UseGuards(TollgateGuard))
}
