/** The mistake of a developer, found at start-up: a `TypeError` whose sentence tells the fix. */
export interface InvalidOption extends TypeError {
  readonly code: 'ERR_INVALID_OPTION'
}

export function invalidOption(message: string): InvalidOption {
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_OPTION' as const })
}

/** Throws when `options` is no object, or holds a name that is not among `known`: a typo must not switch a check off. */
export function expectOptions(options: unknown, what: string, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalidOption(`Expected ${what} to be an object, got ${describe(options)}`)
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      const hint = Object.hasOwn(elsewhere, name) ? `; ${elsewhere[name]}` : ''
      throw invalidOption(`Unknown option \`${name}\` in ${what}; the options are ${known.join(', ')}${hint}`)
    }
  }
}

const inIntrospection = 'it belongs to introspection: trustedIssuer(url, { introspection: { client, … } })'

/** Where people look for an option that is somewhere else. */
const elsewhere: Readonly<Record<string, string>> = {
  algorithms: 'give it to the issuer: issuer: trustedIssuer(url, { algorithms })',
  keys: 'give it to the issuer: issuer: trustedIssuer(url, { keys })',
  secret: 'give it to the issuer: issuer: trustedIssuer(url, { secret })',
  profile: "give it to the issuer: issuer: trustedIssuer(url, { profile: 'rfc9068' })",
  jwksUri: 'the URL of a key set is an option of the issuer: trustedIssuer(url, { keys })',
  introspection: 'give it to the issuer: issuer: trustedIssuer(url, { introspection })',
  formats: 'give it to the issuer: issuer: trustedIssuer(url, { formats })',
  cacheFor: inIntrospection,
  missingAudience: inIntrospection,
  prefix: inIntrospection,
  client: inIntrospection,
  endpoint: inIntrospection,
  response: inIntrospection,
  clientId: 'say who asks with introspection: { client: clientSecretBasic(id, secret) }',
  clientSecret: 'say who asks with introspection: { client: clientSecretBasic(id, secret) }',
  seed: 'give it to the issuer: issuer: trustedIssuer(url, { seed })',
  maxLifetime: 'give it to the issuer: issuer: trustedIssuer(url, { maxLifetime })',
  scopesFrom: 'give it to the issuer: issuer: trustedIssuer(url, { scopesFrom })',
  network: 'give it to the issuer: issuer: trustedIssuer(url, { network })',
  timeout: "how long to wait is said by ready({ within: '30s' }), and for introspection by introspection: { timeout }",
  validator: 'pass it as it is: createProtect(validator)',
  issuerBaseURL: 'name the `issuer`; its metadata is found by itself',
}

export function expectText(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') {
    throw invalidOption(`Expected \`${name}\` to be a non-empty string, got ${describe(value)}`)
  }
  return value
}

/** One string or several; at least one. */
export function expectTexts(value: unknown, name: string): readonly string[] {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (texts.length === 0) {
    throw invalidOption(`Expected \`${name}\` to hold at least one string, got an empty array`)
  }
  return Object.freeze(texts.map((text) => expectText(text, name)))
}

export function expectOneOf<const Word extends string>(value: unknown, name: string, words: readonly Word[]): Word {
  const word = words.find((candidate) => candidate === value)
  if (word === undefined) {
    throw invalidOption(
      `Expected \`${name}\` to be one of ${words.map((one) => `'${one}'`).join(', ')}, got ${describe(value)}`,
    )
  }
  return word
}

export function expectFunction(value: unknown, name: string): void {
  if (typeof value !== 'function') {
    throw invalidOption(`Expected \`${name}\` to be a function, got ${describe(value)}`)
  }
}

/** The kind of a value and never the value: an option may be a secret. */
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
