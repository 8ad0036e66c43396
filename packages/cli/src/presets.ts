import type { TrustedIssuer, TrustedIssuerOptions } from '@tollgate/core'
import * as presets from '@tollgate/core/issuers'
import { knownIssuer, presetText } from './known-issuers.ts'
import { isInvalidOption, UsageError } from './usage.ts'

/** The presets by name, and the further options of each that the command line takes. */
const presetsByName: Readonly<Record<string, readonly [create: Create, options: readonly string[]]>> = {
  auth0: [presets.auth0, []],
  authentik: [presets.authentik, []],
  clerk: [presets.clerk, ['tokens']],
  cognito: [presets.cognito, []],
  descope: [presets.descope, []],
  entra: [presets.entra, ['version']],
  firebase: [presets.firebase, []],
  fusionauth: [presets.fusionauth, []],
  hydra: [presets.hydra, []],
  keycloak: [presets.keycloak, []],
  logto: [presets.logto, []],
  okta: [presets.okta, []],
  supabase: [presets.supabase, []],
  workos: [presets.workos, ['issuer']],
  zitadel: [presets.zitadel, ['project']],
}

type Create = (argument: string, options?: TrustedIssuerOptions) => TrustedIssuer

export const presetNames: readonly string[] = Object.keys(presetsByName)

/**
 * Creates the issuer of a preset. `text` is `name=argument`, such as `keycloak=https://sso.example.com/realms/main`, with
 * further options behind commas: `entra=<tenant id>,version=v1`. `name(argument)` means the same.
 *
 * @throws UsageError for a text that has another form.
 */
export function createPresetIssuer(text: string, options: TrustedIssuerOptions): TrustedIssuer {
  const parsed = /^([a-z0-9]+)(?:[=(]([^]*?)\)?)?$/i.exec(text.trim())
  const name = parsed?.[1]?.toLowerCase() ?? ''
  const [argument = '', ...further] = (parsed?.[2] ?? '').split(',').map(withoutQuotes)
  const preset = Object.hasOwn(presetsByName, name) ? presetsByName[name] : undefined
  if (preset === undefined || argument === '') {
    throw new UsageError({
      problem: preset === undefined ? 'there is no preset of this name' : `the preset ${name} lacks its argument`,
      fix: `Write --preset name=argument, such as --preset keycloak=https://sso.example.com/realms/main. The presets are ${presetNames.join(', ')}.`,
    })
  }
  const [create, names] = preset
  return create(argument, { ...options, ...furtherOptions(further, names) })
}

/** The issuer by the preset of its vendor. `undefined` when the vendor is not known, or the preset rejects the name. */
export function presetIssuerFor(issuer: string): TrustedIssuer | undefined {
  const known = knownIssuer(issuer)
  try {
    return known && createPresetIssuer(presetText(known), {})
  } catch (error) {
    // A comma in the name begins an option of the preset.
    if (isInvalidOption(error) || error instanceof UsageError) {
      return undefined
    }
    throw error
  }
}

function furtherOptions(texts: readonly string[], names: readonly string[]): TrustedIssuerOptions {
  const members = texts.map((text) => {
    const [name = '', ...value] = text.split('=')
    if (!names.includes(name)) {
      throw new UsageError({
        problem: 'the preset does not have this option on the command line',
        fix: names.length === 0 ? 'Write --preset name=argument only.' : `Its option is ${names.join(', ')}.`,
      })
    }
    return [name, value.join('=')] as const
  })
  return Object.fromEntries(members)
}

function withoutQuotes(text: string): string {
  return text.trim().replace(/^(["'])(.*)\1$/, '$2')
}
