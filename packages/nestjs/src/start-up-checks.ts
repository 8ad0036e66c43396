import { invalidOption } from '@tollgate/core/adapter'
import { type Class, classRuleOf, hadRule, isClass, methodsOf, ownRuleOf, ruleOf } from './access-rule.ts'

/** The metadata of Nest that the checks read. The packages that define them are optional. */
const metadata = {
  controller: '__controller__',
  route: 'path',
  guards: '__guards__',
  gateway: 'websockets:is_gateway',
  socketMessage: 'websockets:message_mapping',
  messagePattern: 'microservices:pattern',
  resolverType: 'graphql:resolver_type',
  resolveField: 'graphql:resolve_property',
  resolveReference: 'graphql:resolve_reference',
} as const

type Method = ReturnType<typeof methodsOf>[number]

/**
 * Checks the decorators of a class of the application, before it serves a call. Throws a `TypeError` where a decorator
 * would have no effect, and where Nest would run a handler without the guard.
 */
export function expectRules(type: Class, guard: unknown): void {
  expectNotWrapped(type)
  expectHandlers(type)
  for (const method of methodsOf(type)) {
    expectNotReplaced(type, method)
    expectNotReopened(type, method)
    expectNoMessage(type, method)
    expectHandler(type, method)
    if (isGateway(type)) {
      expectGuardedMessage(type, method, guard)
    }
  }
}

/** Whether Nest connects this class to a socket server. */
export function isGateway(type: Class): boolean {
  return read(metadata.gateway, type) === true
}

/** Whether a method of a gateway receives messages. */
export function isMessageHandler({ handler }: Method): boolean {
  return read(metadata.socketMessage, handler) === true
}

/** The guards of `@UseGuards(…)`, of a class and of its handler. */
export function usedGuardsOf(type: Class, handler: object): readonly unknown[] {
  return [read(metadata.guards, type), read(metadata.guards, handler)].flat()
}

/**
 * Nest runs guards for queries, mutations and subscriptions. It runs them for fields and references of entities only with
 * `fieldResolverEnhancers: ['guards']`.
 */
export function expectFieldGuards(type: Class): void {
  for (const method of methodsOf(type).filter(({ handler }) => isField(type, handler))) {
    const { access, guards } = ruleOf(type, method.handler)
    const isEntry = read(metadata.resolveReference, method.handler) === true
    const isDecorated = ownRuleOf(method.handler) !== undefined || classRuleOf(type) !== undefined
    if (access !== 'public' && (isEntry || (isDecorated && (guards.length > 0 || ownRuleOf(method.handler))))) {
      throw invalidOption(
        `Expected GraphQLModule.forRoot({ fieldResolverEnhancers: ['guards'] }), because otherwise Nest runs no guard for ${nameOf(type, method)}`,
      )
    }
  }
}

function isField(type: Class, handler: object): boolean {
  const parent = read(metadata.resolverType, handler) ?? read(metadata.resolverType, type)
  const isRoot = ['Query', 'Mutation', 'Subscription'].includes(String(parent))
  return read(metadata.resolveReference, handler) === true || (read(metadata.resolveField, handler) === true && !isRoot)
}

/** Nest finds the class by the `constructor` of the instance. */
function expectNotWrapped(type: Class): void {
  const { constructor } = type.prototype as object
  if (constructor !== type && ownRuleOf(type) !== undefined && ownRuleOf(constructor) !== ownRuleOf(type)) {
    throw invalidOption(
      `Expected the decorators of ${type.name} on the class itself: another class decorator has wrapped it. Write @Protect(…), @Scopes(…), @OptionalAuth(…) and @Public() below that decorator`,
    )
  }
}

/** A decorator that replaces the function of a method, and an overriding method, have lost the rule. */
function expectNotReplaced(type: Class, method: Method): void {
  if (hadRule(type.prototype as object, method.name) && ownRuleOf(method.handler) === undefined) {
    throw invalidOption(
      `Expected ${nameOf(type, method)} to have its @Protect(…), @Scopes(…), @OptionalAuth(…) or @Public(). Another decorator or a subclass has replaced the method: write the rule above that decorator, or repeat it in the subclass`,
    )
  }
}

/** An inherited method that is public or optional must not open a hole in a subclass with a stricter rule. */
function expectNotReopened(type: Class, { name, handler, declaredBy }: Method): void {
  const access = ownRuleOf(handler)?.access ?? 'protected'
  for (let current: unknown = type; isClass(current) && current.prototype !== declaredBy;) {
    const ofClass = ownRuleOf(current)?.access ?? access
    const isStricter = ofClass === 'protected' || (ofClass === 'optional' && access === 'public')
    if (access !== 'protected' && ofClass !== access && isStricter) {
      throw invalidOption(
        `Expected ${current.name} to repeat the inherited method ${name}, because it is ${access} in the base class, and the class has a stricter rule`,
      )
    }
    current = Object.getPrototypeOf(current)
  }
}

/** Nest runs guards for handlers alone. The rule of a method of a service would demand nothing. */
function expectHandler(type: Class, method: Method): void {
  if (isRestricted(method.handler) && !isHandler(method)) {
    throw withoutHandler(nameOf(type, method))
  }
}

/** The rule of a service would demand nothing either. A controller may have no routes yet. */
function expectHandlers(type: Class): void {
  const isKnown = isGateway(type) || read(metadata.controller, type) === true
  if (isRestricted(type) && !isKnown && !methodsOf(type).some(isHandler)) {
    throw withoutHandler(type.name)
  }
}

function isRestricted(subject: object): boolean {
  return (ownRuleOf(subject)?.access ?? 'public') !== 'public'
}

function isHandler({ handler }: Method): boolean {
  const { route, socketMessage, messagePattern, resolverType, resolveField, resolveReference } = metadata
  const keys = [route, socketMessage, messagePattern, resolverType, resolveField, resolveReference]
  return keys.some((key) => read(key, handler) !== undefined)
}

function withoutHandler(name: string): Error {
  return invalidOption(
    `Expected @Protect(…), @Scopes(…) and @OptionalAuth(…) on a handler of a route, a query or a message, got one on ${name}: Nest runs no guard there. Write it on the handlers that call it`,
  )
}

/** In a hybrid application, Nest runs no global guard for messages of a microservice. They carry no credentials. */
function expectNoMessage(type: Class, method: Method): void {
  if (read(metadata.messagePattern, method.handler) !== undefined && ruleOf(type, method.handler).access !== 'public') {
    throw invalidOption(
      `Expected ${nameOf(type, method)} to be @Public(), because the messages of a microservice carry no HTTP credentials. Protect the transport itself`,
    )
  }
}

/** Nest 11 runs no global guard for gateways. */
function expectGuardedMessage(type: Class, method: Method, guard: unknown): void {
  if (isMessageHandler(method) && !usedGuardsOf(type, method.handler).includes(guard)) {
    throw invalidOption(
      `Expected the gateway ${type.name} to have @Protect(), @Scopes(…), @OptionalAuth() or @Public(), because global guards of Nest do not apply to gateways`,
    )
  }
}

function nameOf(type: Class, { name }: Method): string {
  return `${type.name}.${name}`
}

function read(key: string, target: object): unknown {
  return Reflect.getMetadata(key, target)
}
