import { hang, keySet, slowly, unchanged } from '../harness/issuer-documents.ts'
import { status } from '../harness/upstream.ts'
import { atOnce, deadline, healthy, impatience, patience, type Scenario, step, useless } from './scenarios.steps.ts'

const old = keySet(['known'])
const rotated = keySet(['known', 'new'])

/** Keys are fresh: of the known key, whatever upstream does. */
const rotations: readonly Scenario[] = [
  {
    name: 'while a made-up key is looked for and it hangs, the known key is served',
    phase: 'warm',
    document: 'keys',
    age: 60,
    isLong: true,
    act: { jwks: hang },
    steps: [
      {
        ...step('made-up', 'E-TOK', { oauth: 1, jwks: 2 }, deadline),
        meanwhile: [step('known', 'OK', { oauth: 1, jwks: 2 }), step('known', 'OK', { oauth: 1, jwks: 2 })],
      },
      step('made-up', 'E-TOK', { oauth: 1, jwks: 2 }),
      step('known', 'OK', { oauth: 1, jwks: 2 }),
      { after: 1.3, act: { jwks: rotated }, ...step('new', 'OK', { oauth: 1, jwks: 3 }) },
      step('known', 'OK', { oauth: 1, jwks: 3 }),
    ],
  },
  {
    name: 'a new key is refused while it is down, and accepted when it is back, without a cooldown',
    phase: 'warm',
    document: 'keys',
    age: 60,
    act: { jwks: 'refuses connections' },
    steps: [
      step('new', 'E-TOK', { oauth: 1, jwks: 2 }),
      step('known', 'OK', { oauth: 1, jwks: 2 }),
      step('new', 'E-TOK', { oauth: 1, jwks: 2 }),
      { after: 1.3, ...step('new', 'E-TOK', { oauth: 1, jwks: 3 }) },
      { after: 2.5, act: { jwks: rotated }, ...step('new', 'OK', { oauth: 1, jwks: 4 }) },
      step('known', 'OK', { oauth: 1, jwks: 4 }),
    ],
  },
  {
    name: 'a new key is waited for, and nobody else waits',
    phase: 'warm',
    document: 'keys',
    age: 60,
    isLong: true,
    act: { jwks: slowly(2000, rotated) },
    steps: [
      {
        ...step('new', 'OK', { oauth: 1, jwks: 2 }, deadline),
        meanwhile: [step('known', 'OK', { oauth: 1, jwks: 2 })],
      },
      step('new', 'OK', { oauth: 1, jwks: 2 }),
    ],
  },
  {
    name: 'a slow refresh that is overtaken brings no old keys back',
    phase: 'warm',
    document: 'keys',
    isLong: true,
    act: { jwks: slowly(2 * atOnce, old) },
    steps: [
      step('known', 'OK', { oauth: 1, jwks: 2 }),
      { act: { jwks: rotated }, ...step('new', 'OK', { oauth: 1, jwks: 3 }) },
      { after: 1, ...step('new', 'OK', { oauth: 1, jwks: 3 }) },
      step('known', 'OK', { oauth: 1, jwks: 3 }),
    ],
  },
  {
    name: 'a refresh that hangs and is overtaken starts no back-off when it fails',
    phase: 'warm',
    document: 'keys',
    isLong: true,
    act: { jwks: hang },
    steps: [
      step('known', 'OK', { oauth: 1, jwks: 2 }),
      { act: { jwks: rotated }, ...step('new', 'OK', { oauth: 1, jwks: 3 }) },
      { after: 0.1, ...step('made-up', 'E-TOK', { oauth: 1, jwks: 4 }) },
      step('new', 'OK', { oauth: 1, jwks: 4 }),
    ],
  },
  {
    name: 'a key that is withdrawn is refused as soon as the refresh has told so',
    phase: 'warm',
    document: 'keys',
    act: { jwks: keySet(['new']) },
    steps: [
      step('known', 'OK', { oauth: 1, jwks: 2 }),
      { after: 0.1, ...step('known', 'E-TOK', { oauth: 1, jwks: 3 }) },
      step('new', 'OK', { oauth: 1, jwks: 3 }),
    ],
  },
]

const refreshes: readonly Scenario[] = [
  {
    name: 'nobody waits for a refresh that takes three seconds',
    phase: 'warm',
    document: 'keys',
    isLong: true,
    act: { jwks: slowly(2 * atOnce, old) },
    steps: [
      step('known', 'OK', { oauth: 1, jwks: 2 }),
      step('known', 'OK', { oauth: 1, jwks: 2 }),
      { after: 60, ...step('known', 'OK', { oauth: 1, jwks: 2 }) },
    ],
  },
  {
    name: 'a 304 makes the keys as fresh as a set would',
    phase: 'warm',
    document: 'keys',
    act: { jwks: keySet(['known'], { etag: '"1"' }) },
    steps: [
      step('known', 'OK', { oauth: 1, jwks: 2 }),
      { after: 540, act: { jwks: unchanged }, ...step('known', 'OK', { oauth: 1, jwks: 3 }) },
      { after: 440, ...step('known', 'OK', { oauth: 1, jwks: 3 }) },
      { after: 100, ...step('known', 'OK', { oauth: 1, jwks: 4 }) },
    ],
  },
  {
    name: 'a set that no signature can be verified by does not replace a good one',
    phase: 'warm',
    document: 'keys',
    act: { jwks: useless },
    steps: [
      step('known', 'OK', { oauth: 1, jwks: 2 }),
      { after: 120, ...step('known', 'OK', { oauth: 1, jwks: 3 }) },
      { after: 3, act: healthy.keys, ...step('known', 'OK', { oauth: 1, jwks: 4 }) },
    ],
  },
  {
    name: 'a second outage begins with the first back-off again',
    phase: 'warm',
    document: 'keys',
    act: { jwks: status(500) },
    steps: [
      step('known', 'OK', { oauth: 1, jwks: 2 }),
      { after: 1.3, ...step('known', 'OK', { oauth: 1, jwks: 3 }) },
      { after: 2.5, act: healthy.keys, ...step('known', 'OK', { oauth: 1, jwks: 4 }) },
      { after: 540, act: { jwks: status(500) }, ...step('known', 'OK', { oauth: 1, jwks: 5 }) },
      { after: 1.3, ...step('known', 'OK', { oauth: 1, jwks: 6 }) },
    ],
  },
  {
    name: 'an issuer that flaps for a quarter of an hour costs no request its token',
    phase: 'warm',
    document: 'keys',
    isLong: true,
    act: healthy.keys,
    steps: [old, status(500), old, hang, old, status(404), old, 'refuses connections' as const, old].flatMap(
      (act, index) => {
        const calls = { oauth: 1, jwks: index + 2 }
        const jwks = act === old ? keySet(['known'], { 'cache-control': 'max-age=60' }) : act
        return [
          { after: 120, act: { jwks }, ...step('known', 'OK', calls, patience) },
          step('known', 'OK', calls, impatience),
        ]
      },
    ),
  },
]

export const warm: readonly Scenario[] = [...rotations, ...refreshes]
