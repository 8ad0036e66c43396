import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common'
import type { Validator } from '@tollgate/core'
import type { CallAuth } from './call-auth.ts'
import type { Policies } from './policies.ts'

/** The parts of a registered module that the guard needs. */
export interface Registration {
  readonly authenticate: CallAuth
  readonly policies: Policies
  /** The validator of the policies, for documents. */
  readonly validator: Pick<Validator<never>, 'combine'>
}

/** The token of the registration. Its description is in the error of Nest when the module is missing. */
export const REGISTRATION: unique symbol = Symbol('TollgateModule.forRoot(…)')

/** The calls that passed. Nest gives the same context to all guards of a call. */
const passed = new WeakSet<ExecutionContext>()

/**
 * The guard of the module. It authenticates each call by the decorators of the handler and its class. Without a decorator
 * a handler needs a valid access token. `TollgateModule` registers it for the whole application.
 *
 * In a test, `overrideGuard(TollgateGuard)` replaces it everywhere.
 */
export class TollgateGuard implements CanActivate {
  readonly #registration: Registration

  constructor(registration: Registration) {
    this.#registration = registration
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (passed.has(context)) {
      return true
    }
    const { authenticate, policies } = this.#registration
    const { access, guard } = policies(context.getClass(), context.getHandler())
    if (access !== 'public') {
      await authenticate(context, guard, access === 'optional' ? 'optional' : 'required')
    }
    passed.add(context)
    return true
  }
}

// The sources have no decorators, because Node runs them as they are.
Injectable()(TollgateGuard)
Inject(REGISTRATION)(TollgateGuard, undefined, 0)
