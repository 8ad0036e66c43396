import { own } from './record.ts'

/** A mistake of the developer, found at start-up. The message says how to fix it. */
export interface InvalidOption extends TypeError {
  readonly code: 'ERR_INVALID_OPTION'
}

/** Creates the error for an invalid option. `message` must contain no option value that may be a secret. */
export function invalidOption(message: string): InvalidOption {
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_OPTION' as const })
}

/** Whether a check of this library threw the error. */
export function isInvalidOption(error: unknown): error is InvalidOption {
  return error instanceof TypeError && own(error, 'code') === 'ERR_INVALID_OPTION'
}

/**
 * Checks that `options` is an object, and that its names are among `known`, because a misspelt name must not switch a
 * check off. Does not check the values. Returns a frozen copy with the own members only, and without a prototype. Read
 * options from this copy, because another part of the application may have polluted `Object.prototype`. The message
 * names the function that has the option.
 */
export function expectOptions<Options>(options: Options, what: string, known: readonly string[]): Options {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const example = known.includes('mode') ? " such as { mode: 'accepted' }" : ''
    throw invalidOption(`Expected ${what} to be an object${example}, got ${describe(options)}`)
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) {
    const names = [...new Set(known)].join(', ')
    throw invalidOption(`Unknown option \`${unknown}\` in ${what}; the options are ${names}${hintFor(unknown, known)}`)
  }
  const copy = Object.assign(Object.create(null) as Options & object, options)
  // A class may define an option as a getter. The copy lacks it, which could switch a check off.
  const lost = known.find((name) => name in options && !(name in copy) && !(name in Object.prototype))
  if (lost !== undefined) {
    throw invalidOption(`Expected \`${lost}\` in ${what} to be a member of the object, not of its class`)
  }
  return Object.freeze(copy)
}

/** A name that differs only by case or by its plural comes before another place. */
function hintFor(unknown: string, known: readonly string[]): string {
  const plain = (name: string): string => name.toLowerCase().replace(/s$/, '')
  const meant = known.find((name) => plain(name) === plain(unknown))
  if (meant !== undefined) {
    return `; write \`${meant}\``
  }
  const [place] = Object.entries(places).find(([, names]) => names.split(' ').includes(unknown)) ?? []
  return place === undefined ? '' : `; give it to ${place.replace('…', unknown)}`
}

/** The right places of options that developers put into a wrong place. `…` stands for the option. */
const places: Readonly<Record<string, string>> = {
  'trustedIssuer(url, { … })':
    'missingAudience dialect algorithms keys secret seed metadata timeouts profile maxLifetime formats network introspection',
  'trustedIssuer(url, { dialect: { … } })': 'scopes isClient isAccessToken',
  'trustedIssuer(url, { introspection: { … } })':
    'cacheFor cacheInactiveFor client endpoint parameters prefix response',
  'clientSecretBasic(id, secret), and that to introspection: { client }': 'clientId clientSecret',
  'trustedIssuer(url, { keys }) as `keys`': 'jwksUri',
  'the option `issuer`, because the library discovers the metadata': 'issuerBaseURL',
  "ready({ within: '30s' }), or to introspection: { timeout }": 'timeout',
  'cookie(name, { … })': 'origins',
  'the options of the validator': 'dpop mtls origin',
  'the option `dpop`': 'nonces replay',
  'the option `mtls`': 'certificate',
  'createProtect, or to the plugin of Fastify': 'errors preflights',
  'createProtect(validator) as the validator itself': 'validator',
}

/** Returns a string that is not empty. */
export function expectText(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') {
    throw unexpected(value, name, 'a non-empty string')
  }
  return value
}

/** Returns one string or several as a frozen array of at least one. */
export function expectTexts(value: unknown, name: string): readonly string[] {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (texts.length === 0) {
    throw unexpected(value, name, 'at least one string')
  }
  return Object.freeze(texts.map((text) => expectText(text, name)))
}

/** Returns the word of `words` that `value` is. */
export function expectOneOf<const Word extends string>(value: unknown, name: string, words: readonly Word[]): Word {
  const word = words.find((candidate) => candidate === value)
  if (word === undefined) {
    throw unexpected(value, name, `one of ${words.map((one) => `'${one}'`).join(', ')}`)
  }
  return word
}

/** Checks that a value is a function. Does not check its parameters. */
export function expectFunction(value: unknown, name: string): void {
  if (typeof value !== 'function') {
    throw unexpected(value, name, 'a function')
  }
}

function unexpected(value: unknown, name: string, expected: string): InvalidOption {
  return invalidOption(`Expected \`${name}\` to be ${expected}, got ${describe(value)}`)
}

/** Describes the kind of a value for a message. Never contains the value, because an option may be a secret. */
export function describe(value: unknown): string {
  if (value === '') {
    return 'an empty string'
  }
  if (value === null || value === undefined) {
    return String(value)
  }
  if (Array.isArray(value)) {
    return value.length === 0 ? 'an empty array' : 'an array'
  }
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** Describes a value where some strings are accepted. */
export function describeOther(value: unknown): string {
  return typeof value === 'string' && value !== '' ? 'another string' : describe(value)
}
