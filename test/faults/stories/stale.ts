import { hang, slowly, status, withEtag } from '../../harness/responses.ts'
import { metadata } from '../../harness/scripted-hosts.ts'
import { healthy, type Scenario, step } from '../scenario.ts'
import { keySet, tenMinutes } from '../scene.ts'

const old = keySet(['known'])
const rotated = keySet(['known', 'new'])

/** The keys are stale, and usable for one hour while the issuer fails. */
const keys: readonly Scenario[] = [
  {
    name: 'a request waits for a healthy server, and a withdrawn key is refused at once',
    phase: 'stale',
    document: 'keys',
    act: { jwks: keySet(['new']) },
    steps: [
      step('known', 401, { oauth: 1, jwks: 3 }),
      step('new', 200, { oauth: 1, jwks: 3 }),
      step('known', 401, { oauth: 1, jwks: 3 }),
    ],
  },
  {
    name: 'a 304 makes the keys as fresh as a key set does',
    phase: 'stale',
    document: 'keys',
    act: { jwks: withEtag('"1"', old) },
    steps: [
      step('known', 200, { oauth: 1, jwks: 2 }),
      { after: 660, act: { jwks: withEtag('"1"', status(500)) }, ...step('known', 200, { oauth: 1, jwks: 3 }) },
      { after: 440, ...step('known', 200, { oauth: 1, jwks: 3 }) },
    ],
  },
  {
    name: 'a request waits one second for a slow response, the next one does not wait, and the response counts when it comes',
    phase: 'stale',
    document: 'keys',
    act: { jwks: slowly(3, rotated) },
    steps: [
      step('known', 200, { oauth: 1, jwks: 2 }, 1),
      step('known', 200, { oauth: 1, jwks: 2 }),
      { later: 2, after: 60, ...step('new', 200, { oauth: 1, jwks: 2 }) },
    ],
  },
  {
    name: 'a new key is refused during an outage, and accepted after it',
    phase: 'stale',
    document: 'keys',
    act: { jwks: 'refuses connections' },
    steps: [
      step('new', 401, { oauth: 1, jwks: 2 }),
      step('known', 200, { oauth: 1, jwks: 2 }),
      { after: 1.3, act: { jwks: rotated }, ...step('known', 200, { oauth: 1, jwks: 3 }) },
      { after: 0.1, ...step('new', 200, { oauth: 1, jwks: 3 }) },
    ],
  },
  {
    name: 'the old keys end if the issuer comes back with new ones only',
    phase: 'stale',
    document: 'keys',
    act: { jwks: status(503) },
    steps: [
      step('known', 200, { oauth: 1, jwks: 2 }),
      { after: 1.3, act: { jwks: keySet(['new']) }, ...step('known', 200, { oauth: 1, jwks: 3 }) },
      { after: 0.1, ...step('known', 401, { oauth: 1, jwks: 4 }) },
      step('new', 200, { oauth: 1, jwks: 4 }),
    ],
  },
]

const documents: readonly Scenario[] = [
  {
    name: 'keys and metadata hang, and a request waits one second for each',
    phase: 'stale',
    document: 'keys',
    age: 3900,
    act: { oauth: hang, jwks: hang },
    steps: [
      {
        ...step('known', 200, { oauth: 2, openid: 1, jwks: 2 }),
        waits: [
          [{ oauth: 2, jwks: 1 }, 1],
          [{ oauth: 2, openid: 1, jwks: 2 }, 1],
        ],
      },
      step('known', 200, { oauth: 2, openid: 1, jwks: 2 }),
      { later: 5, after: 1.3, act: healthy.keys, ...step('known', 200, { oauth: 3, openid: 1, jwks: 3 }) },
      { after: 0.1, ...step('known', 200, { oauth: 3, openid: 1, jwks: 3 }) },
    ],
  },
  {
    name: 'the validator finds moved metadata at the next well-known URL, and remembers that',
    phase: 'stale',
    document: 'metadata',
    act: { oauth: status(404), openid: metadata({}, tenMinutes) },
    steps: [
      step('known', 200, { oauth: 2, openid: 1, jwks: 1 }),
      { after: 660, ...step('known', 200, { oauth: 2, openid: 2, jwks: 1 }) },
    ],
  },
  {
    name: 'the issuer comes back with another URL of its keys',
    phase: 'stale',
    document: 'metadata',
    act: { oauth: 'has no address' },
    steps: [
      step('known', 200, { oauth: 2, openid: 1, jwks: 1 }),
      step('new', 401, { oauth: 2, openid: 1, jwks: 2 }),
      {
        after: 1.3,
        act: { oauth: metadata({ keysAt: 'moved' }, tenMinutes), moved: rotated },
        ...step('known', 200, { oauth: 3, openid: 1, jwks: 2 }),
      },
      { after: 0.1, ...step('new', 200, { oauth: 3, openid: 1, jwks: 2, moved: 1 }) },
    ],
  },
]

export const stale: readonly Scenario[] = [...keys, ...documents]
