import 'reflect-metadata'
import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { AccessToken, Guard } from '@tollgate/core'

/** Who may come: whoever has a token; whoever has a good one or none; everybody. */
export interface Demand {
  readonly access: 'protected' | 'optional' | 'public'
  readonly guards: readonly Guard[]
}

type Decorator = ClassDecorator & MethodDecorator

/** The route, or every route of the class, takes a valid access token that the guards accept: those of the class and those of the method. */
export const Protect = (...guards: readonly Guard[]): Decorator => demand('protected', guards)

/** The same, but requests without credentials are let through as well. Bad ones are refused. */
export const OptionalAuth = (...guards: readonly Guard[]): Decorator => demand('optional', guards)

/** Nobody is asked for a token. Of this and the two above, that of the method counts more than that of its class. */
export const Public = (): Decorator => demand('public', [])

/** The access token of the request. It throws on a public route, and on an optional one when there were no credentials. */
export const Auth = createParamDecorator((_data: unknown, context: ExecutionContext): AccessToken => {
  const token = tokenOf(context)
  if (token === undefined) {
    throw new TypeError('This request has no token, for its route is @OptionalAuth(): ask for @AuthIfAny() instead')
  }
  return token
})

/** The access token of the request, or `undefined` when it came without credentials. It throws on a public route. */
export const AuthIfAny = createParamDecorator((_data: unknown, context: ExecutionContext) => tokenOf(context))

/** The tokens of the requests that the guard has let in. */
export const admitted = new WeakMap<object, AccessToken | undefined>()

function tokenOf(context: ExecutionContext): AccessToken | undefined {
  const request = context.switchToHttp().getRequest<object>()
  if (!admitted.has(request)) {
    throw new TypeError('This request was not authenticated: its route is @Public(), or the app lacks TollgateModule')
  }
  return admitted.get(request)
}

const demandKey = Symbol('tollgate:demand')

/** What a class or a method demands, with what the class demands that it extends. */
export function demandOf(target: object): Demand | undefined {
  return Reflect.getMetadata(demandKey, target)
}

/** Written twice, all guards are demanded. */
function demand(access: Demand['access'], guards: readonly Guard[]): Decorator {
  return (target: object, name?: string | symbol, method?: { readonly value?: unknown }) => {
    const subject = typeof method?.value === 'function' ? method.value : target
    const own: Demand | undefined = Reflect.getOwnMetadata(demandKey, subject)
    if (own !== undefined && own.access !== access) {
      throw new TypeError('Expected only one of @Protect(…), @OptionalAuth(…) and @Public() on a class or a method')
    }
    const earlier = access === 'public' ? [] : (demandOf(subject)?.guards ?? [])
    const all: Demand = { access, guards: [...earlier, ...guards] }
    Reflect.defineMetadata(demandKey, all, subject)
    if (name !== undefined) {
      Reflect.defineMetadata(demandKey, all, target, name)
    }
  }
}

/** Nest keeps metadata on the function of a method: a decorator that puts another in its place would take the guards away unseen. */
export function expectDemandKept(prototype: object, name: string, handler: object): void {
  if (Reflect.hasMetadata(demandKey, prototype, name) && demandOf(handler) === undefined) {
    throw new TypeError(
      `Expected ${prototype.constructor.name}.${name} to have the @Protect(…), @OptionalAuth(…) or @Public() that it was given: another decorator, or a class that extends this one, has replaced the method; write it above that decorator, or again`,
    )
  }
}
