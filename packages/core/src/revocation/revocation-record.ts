import { hash } from '../lib/recent-node.ts'
import { parseJson } from '../lib/json.ts'

/** What a revocation names. `evict` is no revocation: the result of a token is introspected again. */
const kinds = ['token', 'jti', 'sid', 'sub', 'client', 'evict'] as const

export type RevocationKind = (typeof kinds)[number]

/** One revocation, without the value that it names. Times are in milliseconds since the epoch. */
export interface RevocationRecord {
  readonly kind: RevocationKind
  readonly key: string
  /** The tokens that were issued then or before. */
  readonly before: number
  /** The revocation ends then. */
  readonly until: number
}

/** Half of a SHA-256: a short key, and a second value with the same key cannot be found. */
const keyBytes = 16
const version = 1
/** Milliseconds since the epoch: the year 2109. */
const maxTime = 2 ** 42 - 1
/** Milliseconds: the maximum of `keepFor`, and two hours for clocks that differ. */
const maxLife = 722 * 3_600_000

/** The key of a value. It has a fixed size, and it does not show the value. */
export function keyOf(kind: RevocationKind, issuer: string, value: string): string {
  return hash('sha256', JSON.stringify([kind, issuer, value]), 'buffer').toString('base64url', 0, keyBytes)
}

export function formatRecord({ kind, key, before, until }: RevocationRecord): string {
  return JSON.stringify([version, kind, key, before, until])
}

/** `undefined` for a text that is no record. Other applications may write to the log. */
export function parseRecord(text: string): RevocationRecord | undefined {
  const parsed = text.length > 512 ? undefined : parseJson(Buffer.from(text))
  const [number, kind, key, before, until]: readonly unknown[] = Array.isArray(parsed) ? parsed : []
  const isRecord =
    number === version &&
    isKind(kind) &&
    typeof key === 'string' &&
    /^[\w-]{22}$/.test(key) &&
    isTime(before) &&
    isTime(until) &&
    until - before <= maxLife &&
    before < until
  return isRecord ? { kind, key, before, until } : undefined
}

function isKind(value: unknown): value is RevocationKind {
  return kinds.some((kind) => kind === value)
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maxTime
}
