import type { CanActivate, INestApplicationContext } from '@nestjs/common'
import { ModulesContainer } from '@nestjs/core'
import { type Layer, protectionOf } from '@tollgate/core/openapi'
import type { Class } from '../access-rule.ts'
import { usedGuardsOf } from '../start-up-checks.ts'
import { REGISTRATION, type Registration } from '../tollgate-guard.ts'

/** Finds the protections that a call of a handler passes, by the same policies as the guard of the module. */
export function createLayersOf(app: INestApplicationContext): (type: Class, handler: object) => readonly Layer[] {
  const registration = registrationOf(app.get(ModulesContainer))
  const { config } = app as { readonly config?: { readonly getGlobalGuards?: () => readonly CanActivate[] } }

  return (type, handler) => {
    const others = [...(config?.getGlobalGuards?.() ?? []), ...usedGuardsOf(type, handler)]
      .map(protectionOf)
      .filter((protection) => protection !== undefined)
    return [...(registration === undefined ? [] : layersOfModule(registration, type, handler)), ...others]
  }
}

function layersOfModule({ policies, validator }: Registration, type: Class, handler: object): readonly Layer[] {
  const { access, guard } = policies(type, handler)
  return access === 'public' ? [] : [{ guard, validator, credentials: access === 'optional' ? 'optional' : 'required' }]
}

/** `undefined` in an application without `TollgateModule`. */
function registrationOf(modules: ModulesContainer): Registration | undefined {
  const found = [...modules.values()].map(({ providers }) => providers.get(REGISTRATION)?.instance)
  return found.find((instance) => instance !== undefined && instance !== null) as Registration | undefined
}
