import { memberOf } from './lib/record.ts'
import { shared } from './lib/shared-state.ts'
import type { ValidatorSettings } from './options.ts'
import type { Validator } from './validator-methods.ts'

/** The settings of a validator that a document of its routes describes. */
export type DescribedSettings = Pick<ValidatorSettings, 'issuers' | 'credentials' | 'formBody' | 'dpop' | 'mtls'>

/** By a method, because a wrapper around a validator has its methods. */
const settingsOf = shared('settings of validators', () => new WeakMap<object, DescribedSettings>())

export function noteSettings(validator: Pick<Validator<never>, 'combine'>, settings: DescribedSettings): void {
  settingsOf.set(validator.combine, settings)
}

/** The settings of a validator, or of a wrapper around one. `undefined` for any other object. */
export function describedSettingsOf(validator: unknown): DescribedSettings | undefined {
  return settingsOf.get(memberOf(validator, 'combine') as object)
}
