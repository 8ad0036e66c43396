/** A mistake of the developer, found at start-up. The message says how to fix it. */
export interface InvalidOption extends TypeError {
  readonly code: 'ERR_INVALID_OPTION'
}

/** Creates the error for an invalid option. `message` must contain no option value that may be a secret. */
export function invalidOption(message: string): InvalidOption {
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_OPTION' as const })
}

/**
 * Checks that `options` is an object, and that its names are among `known`, because a misspelt name must not switch a
 * check off. Does not check the values. Returns a frozen copy with the own members only, and without a prototype.
 * Read options from this copy, because another part of the application may have polluted `Object.prototype`.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'`. For an option of another function, the message names that
 * function.
 */
export function expectOptions<Options>(options: Options, what: string, known: readonly string[]): Options {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalidOption(`Expected ${what} to be an object, got ${describe(options)}`)
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) {
    const hint = Object.hasOwn(hints, unknown) ? `; ${hints[unknown]}` : ''
    throw invalidOption(`Unknown option \`${unknown}\` in ${what}; the options are ${known.join(', ')}${hint}`)
  }
  const copy = Object.assign(Object.create(null) as Options & object, options)
  // A class may define an option as a getter. The copy lacks it, which could switch a check off.
  const lost = known.find((name) => name in options && !(name in copy) && !(name in Object.prototype))
  if (lost !== undefined) {
    throw invalidOption(`Expected \`${lost}\` in ${what} to be a member of the object, not of its class`)
  }
  return Object.freeze(copy)
}

const ofIssuer = (option: string): string => `give it to the issuer: issuer: trustedIssuer(url, { ${option} })`
const ofIntrospection = 'it belongs to introspection: trustedIssuer(url, { introspection: { client, … } })'
const ofClient = 'name the client with introspection: { client: clientSecretBasic(id, secret) }'
const ofProtect = 'give it to createProtect, or to the plugin of Fastify'

/** The right places of options that developers put into a wrong place. */
const hints: Readonly<Record<string, string>> = {
  algorithms: ofIssuer('algorithms'),
  keys: ofIssuer('keys'),
  secret: ofIssuer('secret'),
  seed: ofIssuer('seed'),
  profile: ofIssuer("profile: 'rfc9068'"),
  maxLifetime: ofIssuer('maxLifetime'),
  scopesFrom: ofIssuer('scopesFrom'),
  formats: ofIssuer('formats'),
  network: ofIssuer('network'),
  introspection: ofIssuer('introspection'),
  jwksUri: 'the URL of a key set is an option of the issuer: trustedIssuer(url, { keys })',
  issuerBaseURL: 'name the `issuer`: the library discovers its metadata',
  cacheFor: ofIntrospection,
  cacheInactiveFor: ofIntrospection,
  client: ofIntrospection,
  endpoint: ofIntrospection,
  missingAudience: ofIntrospection,
  parameters: ofIntrospection,
  prefix: ofIntrospection,
  response: ofIntrospection,
  clientId: ofClient,
  clientSecret: ofClient,
  timeout: "the time limits are ready({ within: '30s' }) and introspection: { timeout }",
  errors: ofProtect,
  preflights: ofProtect,
  validator: 'pass the validator itself: createProtect(validator)',
}

/** Returns a string that is not empty. */
export function expectText(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') {
    throw invalidOption(`Expected \`${name}\` to be a non-empty string, got ${describe(value)}`)
  }
  return value
}

/** Returns one string or several as a frozen array of at least one. */
export function expectTexts(value: unknown, name: string): readonly string[] {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (texts.length === 0) {
    throw invalidOption(`Expected \`${name}\` to name at least one string, got an empty array`)
  }
  return Object.freeze(texts.map((text) => expectText(text, name)))
}

/** Returns the word of `words` that `value` is. */
export function expectOneOf<const Word extends string>(value: unknown, name: string, words: readonly Word[]): Word {
  const word = words.find((candidate) => candidate === value)
  if (word === undefined) {
    throw invalidOption(
      `Expected \`${name}\` to be one of ${words.map((one) => `'${one}'`).join(', ')}, got ${describe(value)}`,
    )
  }
  return word
}

/** Checks that a value is a function. Does not check its parameters. */
export function expectFunction(value: unknown, name: string): void {
  if (typeof value !== 'function') {
    throw invalidOption(`Expected \`${name}\` to be a function, got ${describe(value)}`)
  }
}

/**
 * Describes the kind of a value for a message. The description never contains the value, because an option may be a
 * secret.
 */
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
