import 'reflect-metadata'
import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { AccessToken, Guard } from '@tollgate/core'

/** The rule for requests to a route. */
export interface AccessRule {
  /** `'protected'`: needs a valid token. `'optional'`: accepts absent credentials. `'public'`: reads no credentials. */
  readonly access: 'protected' | 'optional' | 'public'
  readonly guards: readonly Guard[]
}

type Decorator = ClassDecorator & MethodDecorator

/** The route, or every route of the class, needs a valid access token. All guards of class and method must pass. */
export const Protect = (...guards: readonly Guard[]): Decorator => withRule('protected', guards)

/** Like `Protect`, and requests without credentials pass too. Invalid credentials never pass. */
export const OptionalAuth = (...guards: readonly Guard[]): Decorator => withRule('optional', guards)

/** The route needs no token. The decorator of a method takes precedence over that of its class. */
export const Public = (): Decorator => withRule('public', [])

/** The access token of the request. Throws a `TypeError` on a public route, and without credentials. */
export const Auth = createParamDecorator((_data: unknown, context: ExecutionContext): AccessToken => {
  const token = tokenOf(context)
  if (token === undefined) {
    throw new TypeError('This request has no token, because its route is @OptionalAuth(): use @AuthIfAny() instead')
  }
  return token
})

/** The access token, or `undefined` without credentials. Throws a `TypeError` on a public route. */
export const AuthIfAny = createParamDecorator((_data: unknown, context: ExecutionContext) => tokenOf(context))

/** The tokens of the requests that the guard has accepted. */
export const acceptedTokens = new WeakMap<object, AccessToken | undefined>()

function tokenOf(context: ExecutionContext): AccessToken | undefined {
  const request = context.switchToHttp().getRequest<object>()
  if (!acceptedTokens.has(request)) {
    throw new TypeError('This request was not authenticated: its route is @Public(), or the app lacks TollgateModule')
  }
  return acceptedTokens.get(request)
}

const ruleKey = Symbol('tollgate:rule')

/** The rule of a class or a method. A class also has the rule of the class that it extends. */
export function ruleOf(target: object): AccessRule | undefined {
  return Reflect.getMetadata(ruleKey, target)
}

/** Adds the guards to those of earlier decorators on the same class or method. */
function withRule(access: AccessRule['access'], guards: readonly Guard[]): Decorator {
  return (target: object, name?: string | symbol, method?: { readonly value?: unknown }) => {
    const subject = typeof method?.value === 'function' ? method.value : target
    const own: AccessRule | undefined = Reflect.getOwnMetadata(ruleKey, subject)
    if (own !== undefined && own.access !== access) {
      throw new TypeError('Expected only one of @Protect(…), @OptionalAuth(…) and @Public() on a class or a method')
    }
    const earlier = access === 'public' ? [] : (ruleOf(subject)?.guards ?? [])
    const rule: AccessRule = { access, guards: [...earlier, ...guards] }
    Reflect.defineMetadata(ruleKey, rule, subject)
    if (name !== undefined) {
      Reflect.defineMetadata(ruleKey, rule, target, name)
    }
  }
}

/**
 * Throws a `TypeError` if a method has lost its rule. Nest stores metadata on the function of a method. A decorator
 * that replaces the function therefore removes the guards.
 */
export function expectRule(prototype: object, name: string, handler: object): void {
  if (Reflect.hasMetadata(ruleKey, prototype, name) && ruleOf(handler) === undefined) {
    throw new TypeError(
      `Expected ${prototype.constructor.name}.${name} to have its @Protect(…), @OptionalAuth(…) or @Public(). Another decorator or a subclass has replaced the method: write the rule above that decorator, or repeat it in the subclass`,
    )
  }
}
