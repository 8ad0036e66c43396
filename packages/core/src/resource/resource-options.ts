import { describe, expectOptions, expectText, expectTexts, invalidOption } from '../lib/invalid-option.ts'
import { isSecure } from '../lib/loopback.ts'
import { isScope } from '../responses/challenge.ts'

/** The option `resource` of a validator: what its metadata says (RFC 9728 §2). */
export interface ResourceOptions {
  /** The identifier of the resource: an absolute URL on `https:` (`http:` on loopback), without a fragment. */
  readonly url: string
  /** The scopes in `scopes_supported`. Default: those of the guards. */
  readonly scopes?: readonly string[] | undefined
  /** A name for people. */
  readonly name?: string | undefined
  /** The URL of a page for developers. */
  readonly documentation?: string | undefined
  /** The URL of a page about the use of data. */
  readonly policy?: string | undefined
  /** The URL of the terms of service. */
  readonly termsOfService?: string | undefined
}

/** The checked option. */
export interface ResourceSettings extends Omit<ResourceOptions, 'scopes'> {
  readonly scopes: readonly string[] | undefined
}

const names: readonly (keyof ResourceOptions)[] = ['url', 'scopes', 'name', 'documentation', 'policy', 'termsOfService']

/** Checks the option `resource`. Default: the only audience that is a URL of the web. `undefined` without one. */
export function expectResource(given: unknown, audiences: readonly string[]): ResourceSettings | undefined {
  if (given === undefined) {
    const [only, ...others] = audiences.filter((audience) => isResource(audience))
    return only === undefined || others.length > 0 ? undefined : { url: only, scopes: undefined }
  }
  const options = expectOptions(
    (typeof given === 'string' ? { url: given } : given) as ResourceOptions,
    'the option `resource`',
    names,
  )
  const url = expectText(options.url, 'resource.url')
  if (!isResource(url)) {
    throw invalidOption(
      `Expected \`resource\` to be a URL on https: (http: on loopback) without a fragment, such as 'https://api.example.com', got ${describe(url)}`,
    )
  }
  const { name, documentation, policy, termsOfService } = options
  const pages = { documentation, policy, termsOfService }
  for (const [page, value] of Object.entries(pages)) {
    if (value !== undefined && (typeof value !== 'string' || !isWebUrl(value))) {
      throw invalidOption(`Expected \`resource.${page}\` to be a URL of the web, got ${describe(value)}`)
    }
  }
  const scopes = options.scopes === undefined ? undefined : expectTexts(options.scopes, 'resource.scopes')
  if (scopes?.every(isScope) === false) {
    throw invalidOption(
      'Expected each of `resource.scopes` to be printable ASCII without spaces, quotes and backslashes',
    )
  }
  return Object.freeze({
    url,
    scopes,
    name: name === undefined ? undefined : expectText(name, 'resource.name'),
    ...pages,
  })
}

function isResource(text: string): boolean {
  return isWebUrl(text) && isSecure(new URL(text)) && !text.includes('#')
}

function isWebUrl(text: string): boolean {
  return /^https?:\/\/[\x21-\x7e]+$/i.test(text) && URL.canParse(text)
}
