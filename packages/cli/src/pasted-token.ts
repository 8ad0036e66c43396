import { isRecord, own } from '@tollgate/core/adapter'
import { UsageError } from './usage.ts'

/** A token as the commands use it. */
export interface PastedToken {
  readonly token: string
  /** What was removed from the pasted text, in words. */
  readonly removed: readonly string[]
}

/** A text without one thing around the token, and the name of that thing. */
interface Stripped {
  readonly text: string
  readonly removed: string
}

/** More than people paste around a token. It bounds the work. */
const maxThings = 10

/**
 * Finds the token in a pasted text: a token response, a header line, a text in quotes, or the token alone. It does NOT
 * check the token.
 *
 * @throws UsageError for an empty text, and for a token response without a token.
 */
export function findToken(pasted: string): PastedToken {
  const removed: string[] = []
  // Every `echo` and every file adds it.
  let text = pasted.replace(/\r?\n$/, '')
  for (let count = 0; count < maxThings; count += 1) {
    const stripped = firstOf(text)
    if (stripped === undefined) {
      break
    }
    text = stripped.text
    removed.push(stripped.removed)
  }
  const other = otherThings.find(([pattern]) => pattern.test(text))
  if (other !== undefined) {
    throw new UsageError({ problem: other[1], fix: 'Pipe the token response of the issuer, or the token alone.' })
  }
  if (text === '') {
    throw new UsageError({ problem: 'standard input has no token', fix: 'Copy the token again, and pipe it.' })
  }
  return { token: text, removed: [...new Set(removed)] }
}

/** Texts that people copy in place of a token. */
const otherThings: readonly (readonly [RegExp, string])[] = [
  [/^<(!doctype|html|\?xml)/i, 'standard input is a web page, such as a login page, and no token'],
  [
    /^https?:\/\/\S+[?&]code=/i,
    'this is a redirect with an authorization code, which the client exchanges for a token',
  ],
  [/^https?:\/\//i, 'this is a URL, and no token'],
]

function firstOf(text: string): Stripped | undefined {
  for (const strip of strippers) {
    const stripped = strip(text)
    if (stripped !== undefined && stripped.text !== text) {
      return stripped
    }
  }
  return undefined
}

const scheme = new RegExp(String.raw`^bearer[\s:]+([^]+)$`, 'i')

/** A command of curl, a request, or a log entry, with the header somewhere in it. */
const request = new RegExp(
  String.raw`^(?!>\s*auth)(?:curl|wget|https?|fetch|get|post|put|patch|delete|head|options|[{>*])[^]*?\bauthorization["']?\s*[:=]\s*["']?bearer\s+([^\s"'\\]+)`,
  'i',
)

const strippers: readonly ((text: string) => Stripped | undefined)[] = [
  (text) => ({ text: text.replaceAll('\u200B', '').trim(), removed: 'white space around it' }),
  (text) => byPattern(text, request, 'the request around the token'),
  fromResponse,
  fromFragment,
  fromCookie,
  (text) => byPattern(text, /^(?:-H|--header)[\s=]+([^]+)$/, 'the option `-H` of curl'),
  (text) => byPattern(text, /^(?:>\s*)?authorization["']?\s*[:=]\s*([^]+)$/i, '`Authorization:` in front'),
  (text) => byPattern(text, scheme, '`Bearer` in front'),
  (text) => byPattern(text, /^(?:jwt|token)[\s:]+(e[yw][^]+)$/i, 'the word in front'),
  (text) => byPattern(text, /^dpop\s+([^]+)$/i, '`DPoP` in front'),
  (text) => byPattern(text, /^(["'`])([^]*)\1[,;]?$/, 'quotes around it'),
  (text) => byPattern(text, /^["'`]([^"'`]+)$/, 'quotes around it'),
  (text) => byPattern(text, /^([^"'`]+)["'`][,;]?$/, 'quotes around it'),
  (text) => byPattern(text, /^(?:export\s+)?\$?\w{1,40}\s*=\s*(["']?e[yw][^]+)$/, 'the name of a variable in front'),
  (text) => byPattern(text, /^(e[yw][\w.-]+)[,;]$/, 'a comma or a semicolon behind it'),
  withoutBreaks,
]

function byPattern(text: string, pattern: RegExp, removed: string): Stripped | undefined {
  const rest = pattern.exec(text)?.at(-1)
  return rest === undefined ? undefined : { text: rest, removed }
}

/** A token response (RFC 6749 §5.1), or one string in JSON. */
function fromResponse(text: string): Stripped | undefined {
  if (!text.startsWith('{')) {
    return undefined
  }
  const outer = parse(text)
  const response = withoutWrappers(outer)
  const member = (name: string): string | undefined => {
    const value = own(response, name)
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const access = member('access_token') ?? member('accessToken') ?? member('AccessToken') ?? member('token')
  if (access !== undefined) {
    const beside = member('id_token') === undefined ? '' : ' (its `id_token` is not for an API)'
    return { text: access, removed: `the token response around \`access_token\`${beside}` }
  }
  const id = member('id_token') ?? member('idToken') ?? member('IdToken')
  if (id !== undefined) {
    const removed = 'the token response around `id_token`: it has no `access_token`, and an ID token is not for an API'
    return { text: id, removed }
  }
  throw isRecord(response) ? withoutToken(response) : malformed
}

/** Objects around a token response: of Supabase, of axios, and of the command line of AWS. */
const wrappers = ['data', 'session', 'currentSession', 'AuthenticationResult', 'tokens']

function withoutWrappers(outer: unknown): unknown {
  let response = outer
  for (let depth = 0; depth < 3; depth += 1) {
    const inner = wrappers.map((name) => own(response, name)).find((value) => isRecord(value))
    response = inner ?? response
  }
  return response
}

const malformed = new UsageError({
  problem: 'standard input begins like JSON, and is not valid JSON',
  fix: 'Copy the whole token response again, or its `access_token` alone.',
})

function withoutToken(response: object): UsageError {
  const error = own(response, 'error')
  const shown = typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? ` (\`${error}\`)` : ''
  return error === undefined
    ? new UsageError({
        problem: 'the JSON on standard input has no `access_token`',
        fix: 'Pipe the token response of the issuer, or the token alone.',
      })
    : new UsageError({
        problem: `this is an error response of the issuer${shown}, and no token`,
        fix: 'Correct the request for the token first.',
      })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined
    }
    throw error
  }
}

/** The response in a URL (RFC 6749 §4.2.2), or a form body. */
function fromFragment(text: string): Stripped | undefined {
  return byPattern(
    text,
    /^(?:[^\s?#]*[?#])?(?:[^\s?#]*&)?access_token=([^\s&#]+)(?:[&#]\S*)?$/,
    'the URL around `access_token`',
  )
}

/** The cookie of a `Cookie` line that has a JWT. */
function fromCookie(text: string): Stripped | undefined {
  const [, cookies] = /^(?:set-)?cookie\s*:([^]+)$/i.exec(text) ?? []
  const values = cookies?.split(';').map((cookie) => cookie.slice(cookie.indexOf('=') + 1).trim())
  const found = values?.find((value) => /^e[yw][\w-]+\.[\w.-]+$/.test(value))
  return found === undefined ? undefined : { text: found, removed: 'the cookie around it' }
}

/** A terminal or a mail breaks a long line. Only a text that is a JWT without the breaks is changed. */
function withoutBreaks(text: string): Stripped | undefined {
  const joined = text.replaceAll(/\s+/g, '')
  return /^e[yw][\w-]+\.[\w-]+\.[\w-]*$/.test(joined)
    ? { text: joined, removed: 'line breaks or spaces inside it' }
    : undefined
}
