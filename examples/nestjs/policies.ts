import type { OnModuleInit } from '@nestjs/common'
import { type DiscoveryService, MetadataScanner } from '@nestjs/core'
import type { Guard, Validator } from '@tollgate/core'
import { type AccessRule, expectRule, ruleOf } from './decorators.ts'

/** The rule of a route, with the guards of class and method combined. */
interface Policy {
  readonly access: AccessRule['access']
  readonly guard: Guard
}

/** The policies of all routes. Each is created once. */
export class Policies implements OnModuleInit {
  readonly #validator: Validator
  readonly #discovery: DiscoveryService
  readonly #policies = new WeakMap<object, WeakMap<object, Policy>>()

  constructor(validator: Validator, discovery: DiscoveryService) {
    this.#validator = validator
    this.#discovery = discovery
  }

  /** Creates all policies at start-up, because an invalid guard must not wait for the first request. */
  onModuleInit(): void {
    const scanner = new MetadataScanner()
    for (const { metatype } of this.#discovery.getControllers()) {
      const prototype: Record<string, object> = metatype?.prototype ?? {}
      for (const name of scanner.getAllMethodNames(prototype)) {
        const handler = prototype[name]
        if (metatype !== null && handler !== undefined) {
          expectRule(prototype, name, handler)
          this.of(metatype, handler)
        }
      }
    }
  }

  /** Stores policies by class and method, because several classes can inherit one method. */
  of(controller: object, handler: object): Policy {
    const policies = this.#policies.get(controller) ?? new WeakMap<object, Policy>()
    this.#policies.set(controller, policies)
    const policy = policies.get(handler) ?? this.#combine(ruleOf(controller), ruleOf(handler))
    policies.set(handler, policy)
    return policy
  }

  /** Without any rule a route needs a valid access token. */
  #combine(ofClass: AccessRule | undefined, ofMethod: AccessRule | undefined): Policy {
    const { access } = ofMethod ?? ofClass ?? { access: 'protected' }
    return { access, guard: this.#validator.combine(...(ofClass?.guards ?? []), ...(ofMethod?.guards ?? [])) }
  }
}
