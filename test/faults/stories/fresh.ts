import { hang, slowly, status, withEtag } from '../../harness/responses.ts'
import { healthy, type Scenario, step, uselessKeys } from '../scenario.ts'
import { keySet } from '../scene.ts'

const old = keySet(['known'])
const rotated = keySet(['known', 'new'])

/** The keys are fresh: the known key serves, whatever the issuer does. */
const rotations: readonly Scenario[] = [
  {
    name: 'during a search for a made-up key that hangs, the known key serves',
    phase: 'fresh',
    document: 'keys',
    age: 60,
    act: { jwks: hang },
    steps: [
      {
        ...step('made-up', 401, { oauth: 1, jwks: 2 }, 5),
        meanwhile: [step('known', 200, { oauth: 1, jwks: 2 }), step('known', 200, { oauth: 1, jwks: 2 })],
      },
      step('made-up', 401, { oauth: 1, jwks: 2 }),
      step('known', 200, { oauth: 1, jwks: 2 }),
      { after: 1.3, act: { jwks: rotated }, ...step('new', 200, { oauth: 1, jwks: 3 }) },
      step('known', 200, { oauth: 1, jwks: 3 }),
    ],
  },
  {
    name: 'a new key is refused during an outage, and accepted after it, without a cooldown',
    phase: 'fresh',
    document: 'keys',
    age: 60,
    act: { jwks: 'refuses connections' },
    steps: [
      step('new', 401, { oauth: 1, jwks: 2 }),
      step('known', 200, { oauth: 1, jwks: 2 }),
      step('new', 401, { oauth: 1, jwks: 2 }),
      { after: 1.3, ...step('new', 401, { oauth: 1, jwks: 3 }) },
      { after: 2.5, act: { jwks: rotated }, ...step('new', 200, { oauth: 1, jwks: 4 }) },
      step('known', 200, { oauth: 1, jwks: 4 }),
    ],
  },
  {
    name: 'a request under a new key waits for a slow response, and the known key serves meanwhile',
    phase: 'fresh',
    document: 'keys',
    age: 60,
    act: { jwks: slowly(2, rotated) },
    steps: [
      {
        ...step('new', 200, { oauth: 1, jwks: 2 }, 2),
        meanwhile: [step('known', 200, { oauth: 1, jwks: 2 })],
      },
      step('new', 200, { oauth: 1, jwks: 2 }),
    ],
  },
  {
    name: 'a slow refresh does not replace keys that were fetched after it began',
    phase: 'fresh',
    document: 'keys',
    act: { jwks: slowly(3, old) },
    steps: [
      step('known', 200, { oauth: 1, jwks: 2 }),
      { act: { jwks: rotated }, ...step('new', 200, { oauth: 1, jwks: 3 }) },
      { later: 3, after: 1, ...step('new', 200, { oauth: 1, jwks: 3 }) },
      step('known', 200, { oauth: 1, jwks: 3 }),
    ],
  },
  {
    name: 'the failure of a refresh starts no back-off after keys that were fetched later',
    phase: 'fresh',
    document: 'keys',
    act: { jwks: hang },
    steps: [
      step('known', 200, { oauth: 1, jwks: 2 }),
      { act: { jwks: rotated }, ...step('new', 200, { oauth: 1, jwks: 3 }) },
      { later: 5, after: 0.1, ...step('made-up', 401, { oauth: 1, jwks: 4 }) },
      step('new', 200, { oauth: 1, jwks: 4 }),
    ],
  },
  {
    name: 'a withdrawn key is refused after the refresh',
    phase: 'fresh',
    document: 'keys',
    act: { jwks: keySet(['new']) },
    steps: [
      step('known', 200, { oauth: 1, jwks: 2 }),
      { after: 0.1, ...step('known', 401, { oauth: 1, jwks: 3 }) },
      step('new', 200, { oauth: 1, jwks: 3 }),
    ],
  },
]

const refreshes: readonly Scenario[] = [
  {
    name: 'no request waits for a refresh',
    phase: 'fresh',
    document: 'keys',
    act: { jwks: slowly(3, old) },
    steps: [
      step('known', 200, { oauth: 1, jwks: 2 }),
      step('known', 200, { oauth: 1, jwks: 2 }),
      { later: 3, after: 60, ...step('known', 200, { oauth: 1, jwks: 2 }) },
    ],
  },
  {
    name: 'a 304 makes the keys as fresh as a key set does',
    phase: 'fresh',
    document: 'keys',
    act: { jwks: withEtag('"1"', old) },
    steps: [
      step('known', 200, { oauth: 1, jwks: 2 }),
      { after: 540, act: { jwks: withEtag('"1"', status(500)) }, ...step('known', 200, { oauth: 1, jwks: 3 }) },
      { after: 440, ...step('known', 200, { oauth: 1, jwks: 3 }) },
      { after: 100, ...step('known', 200, { oauth: 1, jwks: 4 }) },
    ],
  },
  {
    name: 'keys that can verify no signature do not replace good keys',
    phase: 'fresh',
    document: 'keys',
    act: { jwks: uselessKeys },
    steps: [
      step('known', 200, { oauth: 1, jwks: 2 }),
      { after: 120, ...step('known', 200, { oauth: 1, jwks: 3 }) },
      { after: 3, act: healthy.keys, ...step('known', 200, { oauth: 1, jwks: 4 }) },
    ],
  },
  {
    name: 'a second outage begins with the first back-off again',
    phase: 'fresh',
    document: 'keys',
    act: { jwks: status(500) },
    steps: [
      step('known', 200, { oauth: 1, jwks: 2 }),
      { after: 1.3, ...step('known', 200, { oauth: 1, jwks: 3 }) },
      { after: 2.5, act: healthy.keys, ...step('known', 200, { oauth: 1, jwks: 4 }) },
      { after: 540, act: { jwks: status(500) }, ...step('known', 200, { oauth: 1, jwks: 5 }) },
      { after: 1.3, ...step('known', 200, { oauth: 1, jwks: 6 }) },
    ],
  },
  {
    name: 'during a quarter of an hour of short outages, every request under the known key is accepted',
    phase: 'fresh',
    document: 'keys',
    act: healthy.keys,
    steps: [
      old,
      status(500),
      old,
      'has no address' as const,
      old,
      status(404),
      old,
      'refuses connections' as const,
    ].map((act, index) => ({
      after: 120,
      act: { jwks: act === old ? keySet(['known'], { 'cache-control': 'max-age=60' }) : act },
      ...step('known', 200, { oauth: 1, jwks: index + 2 }),
    })),
  },
]

export const fresh: readonly Scenario[] = [...rotations, ...refreshes]
