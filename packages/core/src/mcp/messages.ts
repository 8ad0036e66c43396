import { isRecord, own, ownText } from '../lib/record.ts'
import { headerLines, onlyHeaderLine } from '../request/header-lines.ts'
import type { HttpRequest } from '../request/http-request.ts'

/** What the messages of a request ask for. */
export interface Operation {
  /** The names of the tools that they call. */
  readonly tools: readonly string[]
}

/** A request or a notification of JSON-RPC. A response has no method. */
interface Message {
  readonly method: string | undefined
  readonly name: string | undefined
}

const callsTool = 'tools/call'
const listens = 'subscriptions/listen'

/** The methods of HTTP whose requests have no message. Any other one may have, because the SDK ignores their case. */
const withoutMessage: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS'])

export function hasMessage({ method }: Pick<HttpRequest, 'method'>): boolean {
  return !withoutMessage.has(method)
}

/**
 * The operation of a parsed body: a message, or an array of them, as the SDK reads it. `undefined` for any other body, and
 * for one that the headers `Mcp-Method` and `Mcp-Name` contradict.
 */
export function parseOperation(body: unknown, { headers }: Pick<HttpRequest, 'headers'>): Operation | undefined {
  const messages = (Array.isArray(body) ? body : [body]).map(parseMessage)
  if (messages.length === 0 || !messages.every((message) => message !== undefined)) {
    return undefined
  }
  // The headers name one message, and no batch.
  const isStated = Array.isArray(body) ? namesNoMessage(headers) : agreesWith(messages[0], headers)
  return isStated ? operationOf(messages) : undefined
}

/**
 * The operation that the headers state. `undefined` unless they are complete, and of a revision of MCP that demands them.
 * It counts only where the server compares them with the body.
 */
export function parseStatedOperation({ headers }: Pick<HttpRequest, 'headers'>): Operation | undefined {
  const revision = trimmedLine(headers, 'mcp-protocol-version')
  const method = trimmedLine(headers, 'mcp-method')
  const name = decode(trimmedLine(headers, 'mcp-name'))
  // Revisions are dates.
  const isVerified = revision !== undefined && /^\d{4}-\d\d-\d\d$/.test(revision) && revision >= '2026-07-28'
  const isComplete = method !== undefined && (method !== callsTool || name !== undefined)
  return isVerified && isComplete ? operationOf([{ method, name }]) : undefined
}

/**
 * Whether the request says, in its headers or in its parsed body, that it opens a stream. A wrong statement has no effect
 * but an end with the token.
 */
export function saysListening({ method, headers }: Pick<HttpRequest, 'method' | 'headers'>, body: unknown): boolean {
  return (
    method === 'GET' ||
    headerLines(headers, 'mcp-method').includes(listens) ||
    [body].flat().some((message) => ownText(message, 'method') === listens)
  )
}

function operationOf(messages: readonly Message[]): Operation {
  const calls = messages.filter(({ method }) => method === callsTool)
  return { tools: [...new Set(calls.flatMap(({ name }) => name ?? []))] }
}

function parseMessage(value: unknown): Message | undefined {
  const method = ownText(value, 'method')
  const isResponse = own(value, 'result') !== undefined || own(value, 'error') !== undefined
  const name = ownText(own(value, 'params'), 'name')
  // A call without a name needs no tool here, but the SDK might find one in another place.
  const isComplete = method === callsTool ? name !== undefined : method !== undefined || isResponse
  return isRecord(value) && isComplete ? { method, name } : undefined
}

/** A client of an older revision sends no such headers. */
function agreesWith(message: Message | undefined, headers: HttpRequest['headers']): boolean {
  if (namesNoMessage(headers)) {
    return true
  }
  const isSameMethod = trimmedLine(headers, 'mcp-method') === message?.method
  return isSameMethod && (message?.method !== callsTool || decode(trimmedLine(headers, 'mcp-name')) === message.name)
}

function namesNoMessage(headers: HttpRequest['headers']): boolean {
  return ['mcp-method', 'mcp-name'].every((name) => headerLines(headers, name).length === 0)
}

function trimmedLine(headers: HttpRequest['headers'], name: string): string | undefined {
  return onlyHeaderLine(headers, name)?.trim()
}

/** A name that a header cannot contain comes as `=?base64?…?=`. `undefined` for a malformed one. */
function decode(value: string | undefined): string | undefined {
  const [, encoded] = /^=\?base64\?(.*)\?=$/.exec(value ?? '') ?? []
  if (encoded === undefined) {
    return value
  }
  const bytes = Buffer.from(encoded, 'base64')
  const text = bytes.toString()
  // Only the canonical form, so that no two readers disagree.
  return bytes.toString('base64') === encoded && Buffer.from(text).equals(bytes) ? text : undefined
}
