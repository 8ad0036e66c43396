import { describedSettingsOf } from '../described-settings.ts'
import { type Alternative, alternativesOf } from '../guards/alternatives.ts'
import type { Guard } from '../guards/guard.ts'
import { invalidOption } from '../lib/invalid-option.ts'
import type { Protection } from '../middleware/protections.ts'
import type { OpenApiSettings } from './open-api-options.ts'
import type { OpenApiResponse, SecurityRequirement, SecurityScheme } from './open-api-types.ts'
import { responsesOf } from './responses.ts'
import { type Carrier, createSchemes, type ValidatorSchemes } from './security-schemes.ts'

/** A protection that a request of an operation passes. */
export type Layer = Pick<Protection, 'guard' | 'credentials' | 'validator'>

/** Describes the protection of operations. It collects the schemes and the scopes that it has named. */
export interface Describer {
  /** Each element is one way to be allowed. None for a public operation, and an empty one when credentials may be absent. */
  readonly requirementsOf: (layers: readonly Layer[]) => SecurityRequirement[]
  /** The refusals of these layers. None for a public operation. */
  readonly responsesOf: (layers: readonly Layer[]) => Record<string, OpenApiResponse>
  readonly schemes: () => Record<string, SecurityScheme>
}

/** Creates the description of protections by the configuration of their validators. It checks no option: `expectOpenApiOptions` does. */
export function createDescriber(settings: OpenApiSettings): Describer {
  const known = new Map<unknown, ValidatorSchemes>()
  const scopes = new Set<string>()

  function schemesOf(validator: Layer['validator']): ValidatorSchemes {
    const described = describedSettingsOf(validator)
    if (described === undefined) {
      throw invalidOption('Expected a validator of createValidator, or a protect of createProtect')
    }
    const schemes = known.get(validator.combine) ?? createSchemes(described, settings, known.size + 1)
    known.set(validator.combine, schemes)
    return schemes
  }

  function requirementsOfValidator(layers: readonly Layer[]): SecurityRequirement[] {
    const [first] = layers
    const { carriers } = first === undefined ? { carriers: [] } : schemesOf(first.validator)
    const alternatives = alternativesOf(layers.map(({ guard }) => guard))
    const requirements = alternatives.flatMap((alternative) =>
      carriers
        .filter(({ serves }) => serves.includes(alternative.isDpop ? 'dpop-token' : 'any-token'))
        .map((each) => requirementOf(each, alternative)),
    )
    if (requirements.length === 0) {
      // An empty list would describe a public operation.
      throw invalidOption(
        "Expected `credentials` with a source that OpenAPI can describe: 'authorization', cookie(…) or header(…)",
      )
    }
    const isOptional = layers.every(({ credentials }) => credentials === 'optional')
    return isOptional ? [...requirements, {}] : requirements
  }

  return {
    requirementsOf: (layers) => {
      if (layers.length === 0) {
        return []
      }
      for (const { guard } of layers) {
        scopesOf(guard).forEach((scope) => scopes.add(scope))
      }
      const byValidator = Map.groupBy(layers, ({ validator }) => validator.combine)
      return [...byValidator.values()]
        .map(requirementsOfValidator)
        .reduce((found, next) => found.flatMap((one) => next.map((other) => ({ ...one, ...other }))))
    },
    responsesOf,
    schemes: () =>
      Object.assign({}, ...[...known.values()].map(({ definitions }) => definitions([...scopes].toSorted()))) as Record<
        string,
        SecurityScheme
      >,
  }
}

function scopesOf({ demands }: Guard): readonly string[] {
  return demands.scopes ?? []
}

function requirementOf({ schemes, listsScopes }: Carrier, { scopes }: Alternative): SecurityRequirement {
  return Object.fromEntries(schemes.map((name, index) => [name, index === 0 && listsScopes ? [...scopes] : []]))
}
