import type { OnModuleInit } from '@nestjs/common'
import { type DiscoveryService, MetadataScanner } from '@nestjs/core'
import type { Guard, Validator } from '@tollgate/core'
import { type Demand, demandOf, expectDemandKept } from './decorators.ts'

/** Who may come to a route, with the guards of class and method as one. */
interface Policy {
  readonly access: Demand['access']
  readonly guard: Guard
}

/** What each route demands, made once. */
export class Policies implements OnModuleInit {
  readonly #validator: Validator
  readonly #discovery: DiscoveryService
  readonly #policies = new WeakMap<object, WeakMap<object, Policy>>()

  constructor(validator: Validator, discovery: DiscoveryService) {
    this.#validator = validator
    this.#discovery = discovery
  }

  /** Guards that are none, or that an issuer cannot serve, are told when the app starts and not by a request. */
  onModuleInit(): void {
    const scanner = new MetadataScanner()
    for (const { metatype } of this.#discovery.getControllers()) {
      const prototype: Record<string, object> = metatype?.prototype ?? {}
      for (const name of scanner.getAllMethodNames(prototype)) {
        const handler = prototype[name]
        if (metatype !== null && handler !== undefined) {
          expectDemandKept(prototype, name, handler)
          this.of(metatype, handler)
        }
      }
    }
  }

  /** By class as well, for a method may be that of a class which several extend. A route that says nothing takes a valid access token. */
  of(controller: object, handler: object): Policy {
    const policies = this.#policies.get(controller) ?? new WeakMap<object, Policy>()
    this.#policies.set(controller, policies)
    const policy = policies.get(handler) ?? this.#combine(demandOf(controller), demandOf(handler))
    policies.set(handler, policy)
    return policy
  }

  #combine(ofClass: Demand | undefined, ofMethod: Demand | undefined): Policy {
    const { access } = ofMethod ?? ofClass ?? { access: 'protected' }
    return { access, guard: this.#validator.combine(...(ofClass?.guards ?? []), ...(ofMethod?.guards ?? [])) }
  }
}
