import { hash } from 'node:crypto'
import type { IntrospectedClaims } from '../access-token.ts'
import type { SharedAnswers } from './shared-cache.ts'
import type { Verdict, VerdictStore } from './response-cache.ts'
import type { Clock } from '../lib/clock.ts'
import { type Answer, parseAnswer } from './introspection-response.ts'
import type { Answered } from './introspection-request.ts'

export type TokenVerdict = Verdict<IntrospectedClaims>

/** What is remembered of one issuer's tokens: in this process, and in the shared cache if there is one. */
export interface Memory {
  readonly keyOf: (token: string) => string
  /** Whether there is a shared cache, so that an answer may be older than the question. */
  readonly isShared: boolean
  /** What this process knows and may still use. */
  readonly recall: (key: string) => TokenVerdict | undefined
  /** The same of the shared cache. */
  readonly recallShared: (key: string) => Promise<Answered | undefined>
  readonly toVerdict: (answered: Answered) => TokenVerdict
  readonly keep: (key: string, answered: Answered, where: 'here' | 'everywhere') => void
  readonly forget: (key: string) => Promise<void>
  /** Whether the token was active when it was last asked about. */
  readonly wasActive: (key: string) => boolean
  /** CacheStats a look-up. */
  readonly note: (outcome: 'hit' | 'miss') => void
}

export interface MemoryOptions {
  /** What an answer depends on besides the token: the issuer, its endpoint, and who asks. */
  readonly namespace: readonly unknown[]
  readonly verdicts: VerdictStore<IntrospectedClaims>
  readonly shared: SharedAnswers | undefined
  /** Milliseconds, as all that follow. */
  readonly cacheFor: number
  readonly cacheInactiveFor: number
  readonly clockTolerance: number
  readonly clock: Clock
}

export function createMemory(options: MemoryOptions): Memory {
  const { verdicts, shared, clockTolerance, clock } = options
  const namespace = JSON.stringify(['tollgate introspection 1', ...options.namespace])

  const toVerdict = (answered: Answered): TokenVerdict => verdictOf(answered, options)

  /** What is known, unless the clock was set back since: a verdict of the future would live on, and stand in the way of newer ones. */
  function known(key: string): TokenVerdict | undefined {
    const verdict = verdicts.get(key)
    if (verdict !== undefined && verdict.askedAt > clock()) {
      verdicts.delete(key)
      return undefined
    }
    return verdict
  }

  async function recallShared(key: string): Promise<Answered | undefined> {
    const found = await shared?.get(key)
    const answer = parseAnswer(found?.document)
    if (found === undefined || answer === undefined) {
      return undefined
    }
    // Another clock has told that time: as far as it may be ahead of ours, the answer may be older.
    const answered = { answer, askedAt: found.askedAt - clockTolerance, bytes: found.bytes }
    return answered.askedAt <= clock() && clock() < toVerdict(answered).freshUntil ? answered : undefined
  }

  /** What must not be used again is kept as well, for it says whether the token was active, and that older answers are no longer so. */
  function keep(key: string, answered: Answered, where: 'here' | 'everywhere'): void {
    const { answer, askedAt, bytes } = answered
    const earlier = known(key)
    if (earlier !== undefined && earlier.askedAt > askedAt) {
      return
    }
    const verdict = toVerdict(answered)
    const left = verdict.freshUntil - clock()
    verdicts.set(key, verdict, bytes)
    if (where === 'everywhere' && (left > 0 || !answer.active)) {
      shared?.set(key, answer.active ? answer.claims : answer, askedAt, Math.max(left, 1))
    }
  }

  return {
    keyOf: (token) => hash('sha256', `${namespace}\n${token}`, 'base64url'),
    isShared: shared !== undefined,
    recall: (key) => {
      const verdict = known(key)
      return verdict !== undefined && clock() < verdict.freshUntil ? verdict : undefined
    },
    recallShared,
    toVerdict,
    keep,
    forget: async (key) => {
      try {
        await shared?.delete(key)
      } finally {
        verdicts.delete(key)
      }
    },
    wasActive: (key) => verdicts.wasActive(key),
    note: (outcome) => verdicts.note(outcome),
  }
}

function verdictOf({ answer, askedAt }: Answered, times: VerdictTimes): TokenVerdict {
  return { claims: answer.active ? answer.claims : undefined, askedAt, freshUntil: freshUntil(answer, askedAt, times) }
}

type VerdictTimes = Pick<MemoryOptions, 'cacheFor' | 'cacheInactiveFor' | 'clockTolerance'>

/** `exp` is judged on every use: a verdict that has outlived it is a no, and kept as long as one. */
function freshUntil(answer: Answer, askedAt: number, times: VerdictTimes): number {
  const { cacheFor, cacheInactiveFor, clockTolerance } = times
  if (!answer.active) {
    return askedAt + cacheInactiveFor
  }
  const { exp = Infinity } = answer.claims
  return Math.min(askedAt + cacheFor, Math.max(askedAt, exp * 1000 + clockTolerance) + cacheInactiveFor)
}
