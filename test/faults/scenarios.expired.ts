import { hang, keySet, metadata, slowly, unchanged } from '../harness/issuer-documents.ts'
import { status } from '../harness/upstream.ts'
import { atOnce, deadline, healthy, impatience, patience, type Scenario, step, tenMinutes } from './scenarios.steps.ts'

const rotated = keySet(['known', 'new'])

/** What is kept is no longer fresh, and may serve for an hour while upstream fails. */
const keys: readonly Scenario[] = [
  {
    name: 'a server that is well is waited for, and a key that it has withdrawn is refused at once',
    phase: 'expired',
    document: 'keys',
    act: { jwks: keySet(['new']) },
    steps: [
      step('known', 'E-TOK', { oauth: 1, jwks: 3 }),
      step('new', 'OK', { oauth: 1, jwks: 3 }),
      step('known', 'E-TOK', { oauth: 1, jwks: 3 }),
    ],
  },
  {
    name: 'a 304 makes the keys as fresh as a set would',
    phase: 'expired',
    document: 'keys',
    act: { jwks: keySet(['known'], { etag: '"1"' }) },
    steps: [
      step('known', 'OK', { oauth: 1, jwks: 2 }),
      { after: 660, act: { jwks: unchanged }, ...step('known', 'OK', { oauth: 1, jwks: 3 }) },
      { after: 440, ...step('known', 'OK', { oauth: 1, jwks: 3 }) },
    ],
  },
  {
    name: 'an answer that takes three seconds is waited for by nobody, and counts when it comes',
    phase: 'expired',
    document: 'keys',
    isLong: true,
    act: { jwks: slowly(2 * atOnce, rotated) },
    steps: [
      {
        ...step('known', 'OK', { oauth: 1, jwks: 2 }, patience),
        meanwhile: [step('known', 'OK', { oauth: 1, jwks: 2 }, patience)],
      },
      step('known', 'OK', { oauth: 1, jwks: 2 }, impatience),
      { after: 60, ...step('new', 'OK', { oauth: 1, jwks: 2 }) },
    ],
  },
  {
    name: 'a new key is refused while it is down, and accepted when it is back',
    phase: 'expired',
    document: 'keys',
    act: { jwks: 'refuses connections' },
    steps: [
      step('new', 'E-TOK', { oauth: 1, jwks: 2 }),
      step('known', 'OK', { oauth: 1, jwks: 2 }),
      { after: 1.3, act: { jwks: rotated }, ...step('known', 'OK', { oauth: 1, jwks: 3 }) },
      { after: 0.1, ...step('new', 'OK', { oauth: 1, jwks: 3 }) },
    ],
  },
  {
    name: 'a made-up key is refused though it hangs, and the known one is served meanwhile',
    phase: 'expired',
    document: 'keys',
    isLong: true,
    act: { jwks: hang },
    steps: [
      // By and by two calls: what is under way is no answer to somebody who needs what is newer.
      {
        ...step('made-up', 'E-TOK', { oauth: 1, jwks: 3 }, deadline + patience),
        meanwhile: [step('known', 'OK', { oauth: 1, jwks: 3 }, impatience)],
      },
      step('made-up', 'E-TOK', { oauth: 1, jwks: 3 }),
      { after: 3, act: { jwks: rotated }, ...step('known', 'OK', { oauth: 1, jwks: 4 }) },
      { after: 0.1, ...step('new', 'OK', { oauth: 1, jwks: 4 }) },
    ],
  },
  {
    name: 'it comes back with new keys only, and the old ones end',
    phase: 'expired',
    document: 'keys',
    act: { jwks: status(503) },
    steps: [
      step('known', 'OK', { oauth: 1, jwks: 2 }),
      { after: 1.3, act: { jwks: keySet(['new']) }, ...step('known', 'OK', { oauth: 1, jwks: 3 }) },
      { after: 0.1, ...step('known', 'E-TOK', { oauth: 1, jwks: 4 }) },
      step('new', 'OK', { oauth: 1, jwks: 4 }),
    ],
  },
]

const documents: readonly Scenario[] = [
  {
    name: 'keys and metadata hang, and each is waited for for a second at most',
    phase: 'expired',
    document: 'keys',
    age: 3900,
    isLong: true,
    act: { oauth: hang, jwks: hang },
    steps: [
      step('known', 'OK', { oauth: 2, jwks: 2 }, 2 * patience),
      step('known', 'OK', { oauth: 2, jwks: 2 }, impatience),
      { after: 1.3, act: healthy.keys, ...step('known', 'OK', { oauth: 3, jwks: 3 }) },
      { after: 0.1, ...step('known', 'OK', { oauth: 3, jwks: 3 }) },
    ],
  },
  {
    name: 'it is found at the next well-known URL, and looked for there from then on',
    phase: 'expired',
    document: 'metadata',
    act: { oauth: status(404), openid: metadata({}, tenMinutes) },
    steps: [
      step('known', 'OK', { oauth: 2, openid: 1, jwks: 1 }),
      { after: 660, ...step('known', 'OK', { oauth: 2, openid: 2, jwks: 1 }) },
    ],
  },
  {
    name: 'it comes back with keys at another place',
    phase: 'expired',
    document: 'metadata',
    act: { oauth: 'has no address' },
    steps: [
      step('known', 'OK', { oauth: 2, jwks: 1 }),
      step('new', 'E-TOK', { oauth: 2, jwks: 2 }),
      {
        after: 1.3,
        act: { oauth: metadata({ keysAt: 'moved' }, tenMinutes), moved: rotated },
        ...step('known', 'OK', { oauth: 3, jwks: 2 }),
      },
      { after: 0.1, ...step('new', 'OK', { oauth: 3, jwks: 2, moved: 1 }) },
    ],
  },
]

export const expired: readonly Scenario[] = [...keys, ...documents]
