import { hang, slowly, status } from '../../harness/responses.ts'
import { healthy, type Scenario, step } from '../scenario.ts'
import { keySet } from '../scene.ts'

/** The cached document has been stale for more than one hour. */
export const ended: readonly Scenario[] = [
  {
    name: 'the known key serves for one hour of an outage and no longer, and again after it',
    phase: 'ended',
    document: 'keys',
    age: 599,
    act: { jwks: 'refuses connections' },
    steps: [
      step('known', 200, { oauth: 1, jwks: 2 }),
      { after: 1500, ...step('known', 200, { oauth: 1, jwks: 3 }) },
      { after: 2100, ...step('known', 200, { oauth: 2, jwks: 4 }) },
      { after: 1, ...step('known', 503, { oauth: 2, jwks: 4 }) },
      { after: 60, ...step('known', 503, { oauth: 2, jwks: 5 }) },
      { after: 36, act: healthy.keys, ...step('known', 200, { oauth: 2, jwks: 6 }) },
    ],
  },
  {
    name: 'without metadata, the validator fetches the keys from their last URL',
    phase: 'ended',
    document: 'metadata',
    age: 599,
    act: { oauth: 'refuses connections' },
    steps: [
      step('known', 200, { oauth: 2, openid: 1, jwks: 1 }),
      { after: 1500, ...step('known', 200, { oauth: 3, openid: 2, jwks: 1 }) },
      { after: 2100, ...step('known', 200, { oauth: 4, openid: 3, jwks: 2 }) },
      // The metadata have been stale for one hour, and are not used any more.
      { after: 1, ...step('known', 200, { oauth: 4, openid: 3, jwks: 2 }) },
      { after: 60, ...step('known', 200, { oauth: 5, openid: 4, jwks: 2 }) },
      { after: 7138, ...step('known', 200, { oauth: 6, openid: 5, jwks: 3 }) },
      { after: 36, act: { jwks: keySet(['new']) }, ...step('new', 200, { oauth: 7, openid: 6, jwks: 4 }) },
      step('known', 401, { oauth: 7, openid: 6, jwks: 5 }),
    ],
  },
  {
    name: 'a request under a known key waits one second for metadata that hang, and the next one does not wait',
    phase: 'ended',
    document: 'metadata',
    age: 4260,
    act: { oauth: hang },
    steps: [
      { ...step('known', 200, { oauth: 2, openid: 1, jwks: 2 }), waits: [[{ oauth: 2, jwks: 1 }, 1]] },
      step('known', 200, { oauth: 2, openid: 1, jwks: 2 }),
      { later: 4, after: 1.3, act: healthy.metadata, ...step('known', 200, { oauth: 3, openid: 1, jwks: 2 }) },
    ],
  },
  {
    name: 'a token under a made-up key is not refused without keys',
    phase: 'ended',
    document: 'keys',
    act: { jwks: status(503) },
    steps: [
      step('made-up', 503, { oauth: 2, jwks: 2 }),
      step('made-up', 503, { oauth: 2, jwks: 2 }),
      { after: 1.3, act: healthy.keys, ...step('known', 200, { oauth: 2, jwks: 3 }) },
      step('made-up', 401, { oauth: 2, jwks: 4 }),
    ],
  },
  {
    name: 'a request waits for a response that takes two seconds',
    phase: 'ended',
    document: 'keys',
    act: { jwks: slowly(2, keySet(['known'])) },
    steps: [step('known', 200, { oauth: 2, jwks: 2 }, 2), step('known', 200, { oauth: 2, jwks: 2 })],
  },
  {
    name: 'the old keys have ended if the issuer comes back with new ones only',
    phase: 'ended',
    document: 'keys',
    act: { jwks: 'has no address' },
    steps: [
      step('known', 503, { oauth: 2, jwks: 2 }),
      { after: 1.3, act: { jwks: keySet(['new']) }, ...step('new', 200, { oauth: 2, jwks: 3 }) },
      step('known', 401, { oauth: 2, jwks: 4 }),
      step('new', 200, { oauth: 2, jwks: 4 }),
    ],
  },
  {
    name: 'all documents fail, and all come back',
    phase: 'ended',
    document: 'metadata',
    act: { oauth: 'refuses connections', jwks: 'refuses connections' },
    steps: [
      step('known', 503, { oauth: 2, openid: 1, jwks: 2 }),
      {
        after: 1.3,
        act: { ...healthy.metadata, jwks: 'refuses connections' },
        ...step('known', 503, { oauth: 3, openid: 1, jwks: 3 }),
      },
      step('known', 503, { oauth: 3, openid: 1, jwks: 3 }),
      { after: 2.5, act: healthy.metadata, ...step('known', 200, { oauth: 3, openid: 1, jwks: 4 }) },
    ],
  },
]
