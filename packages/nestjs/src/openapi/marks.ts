import type { ModulesContainer } from '@nestjs/core'
import { type Class, isClass, methodsOf } from '../access-rule.ts'

/** A handler of a controller. Several controllers can inherit one. */
interface MarkedHandler {
  readonly type: Class
  readonly handler: object
}

/** The metadata that `@nestjs/swagger` copies into operations, from the controller and from the handler. */
export interface Marks {
  /** The handler of an operation, by its `security`. `undefined` for an operation of something else. */
  readonly read: (security: unknown) => MarkedHandler | undefined
  /** The `security` of an operation of something else, such as a webhook, as the application wrote it. */
  readonly clean: (security: unknown) => readonly object[] | undefined
  /** Restores the metadata of the application. */
  readonly remove: () => void
}

/** The key of `@ApiSecurity()`. */
const securityKey = 'swagger/apiSecurity'
const prefix = 'tollgate:'

/**
 * Marks each controller and each handler for the time of one call. An operation then names both. Its path could not,
 * because prefixes and versions change it.
 */
export function markControllers(modules: ModulesContainer): Marks {
  const types = controllersOf(modules)
  const handlers = [...new Set(types.flatMap((type) => methodsOf(type).map(({ handler }) => handler)))]
  const targets = [...types, ...handlers]
  const previous = targets.map((target): unknown => Reflect.getOwnMetadata(securityKey, target))
  targets.forEach((target, index) => Reflect.defineMetadata(securityKey, [{ [`${prefix}${index}`]: [] }], target))

  return {
    read: (security) => {
      const marked = namesIn(security).map((name) => targets[Number(name.slice(prefix.length))])
      const type = marked.find((target) => types.includes(target as Class)) as Class | undefined
      const handler = marked.find((target) => target !== undefined && target !== type)
      return type === undefined || handler === undefined ? undefined : { type, handler }
    },
    clean: (security) => {
      const names = namesIn(security)
      const indexes = names.map((name) => Number(name.slice(prefix.length)))
      const own = indexes.flatMap((index) => (previous[index] ?? []) as readonly object[])
      return own.length === 0 ? undefined : own
    },
    remove: () => {
      targets.forEach((target, index) => {
        if (previous[index] === undefined) {
          Reflect.deleteMetadata(securityKey, target)
        } else {
          Reflect.defineMetadata(securityKey, previous[index], target)
        }
      })
    },
  }
}

function namesIn(security: unknown): readonly string[] {
  const requirements = (Array.isArray(security) ? security : []) as readonly object[]
  return requirements.flatMap((each) => Object.keys(each)).filter((name) => name.startsWith(prefix))
}

function controllersOf(modules: ModulesContainer): readonly Class[] {
  const wrappers = [...modules.values()].flatMap(({ controllers }) => [...controllers.values()])
  return [...new Set(wrappers.map(({ metatype }) => metatype as unknown).filter(isClass))]
}
