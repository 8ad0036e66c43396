import { hang, slowly, status } from '../../harness/responses.ts'
import { metadata } from '../../harness/scripted-hosts.ts'
import { type Fault, faults, isTypical } from '../faults.ts'
import { healthy, type Scenario, step } from '../scenario.ts'
import { keySet, tenMinutes } from '../scene.ts'

/** The validator has fetched no document yet. */
export const absent: readonly Scenario[] = [
  {
    name: 'a request waits for a response that takes two seconds',
    phase: 'absent',
    document: 'keys',
    act: { jwks: slowly(2, keySet(['known'])) },
    steps: [step('known', 200, { oauth: 1, jwks: 1 }, 2), step('known', 200, { oauth: 1, jwks: 1 })],
  },
  {
    name: 'a connection that never opens ends at the deadline',
    phase: 'absent',
    document: 'keys',
    act: { jwks: 'never connects' },
    steps: [step('known', 503, { oauth: 1, jwks: 1 }, 5)],
  },
  {
    name: 'a token under a made-up key is not refused before there are keys',
    phase: 'absent',
    document: 'keys',
    act: { jwks: 'refuses connections' },
    steps: [
      step('made-up', 503, { oauth: 1, jwks: 1 }),
      step('made-up', 503, { oauth: 1, jwks: 1 }),
      { after: 1.3, act: healthy.keys, ...step('known', 200, { oauth: 1, jwks: 2 }) },
      step('made-up', 401, { oauth: 1, jwks: 3 }),
      step('made-up', 401, { oauth: 1, jwks: 3 }),
      step('known', 200, { oauth: 1, jwks: 3 }),
    ],
  },
  {
    name: 'the back-off doubles to thirty seconds, and Retry-After is the rest of it',
    phase: 'absent',
    document: 'keys',
    act: { jwks: status(500) },
    steps: [
      step('known', 503, { oauth: 1, jwks: 1 }),
      { ...step('known', 503, { oauth: 1, jwks: 1 }), retryAfter: [1, 2] },
      { after: 1.3, ...step('known', 503, { oauth: 1, jwks: 2 }) },
      { ...step('known', 503, { oauth: 1, jwks: 2 }), retryAfter: [2, 3] },
      { after: 2.5, ...step('known', 503, { oauth: 1, jwks: 3 }) },
      { ...step('known', 503, { oauth: 1, jwks: 3 }), retryAfter: [4, 5] },
      { after: 5, ...step('known', 503, { oauth: 1, jwks: 4 }) },
      { ...step('known', 503, { oauth: 1, jwks: 4 }), retryAfter: [7, 10] },
      { after: 10, ...step('known', 503, { oauth: 1, jwks: 5 }) },
      { ...step('known', 503, { oauth: 1, jwks: 5 }), retryAfter: [13, 20] },
      { after: 20, ...step('known', 503, { oauth: 1, jwks: 6 }) },
      { ...step('known', 503, { oauth: 1, jwks: 6 }), retryAfter: [24, 36] },
      { after: 23, ...step('known', 503, { oauth: 1, jwks: 6 }), retryAfter: [1, 13] },
      { after: 14, ...step('known', 503, { oauth: 1, jwks: 7 }) },
      { after: 23, ...step('known', 503, { oauth: 1, jwks: 7 }), retryAfter: [1, 13] },
      { after: 14, act: healthy.keys, ...step('known', 200, { oauth: 1, jwks: 8 }) },
    ],
  },
  ...faults.metadata
    .filter((fault) => isTypical(fault) && fault.lasts !== true && typeof fault.act !== 'string')
    .map(foundAtSecond),
  {
    name: 'after one second of silence at the first well-known URL, the validator requests the second',
    phase: 'absent',
    document: 'metadata',
    act: { oauth: hang, openid: metadata() },
    steps: [{ ...step('known', 200, { oauth: 1, openid: 1, jwks: 1 }), waits: [[{ oauth: 1 }, 1]] }],
  },
  {
    name: 'a failure at the second well-known URL is not the absence of metadata',
    phase: 'absent',
    document: 'metadata',
    act: { oauth: status(404), openid: status(500) },
    steps: [
      step('known', 503, { oauth: 1, openid: 1 }),
      step('known', 503, { oauth: 1, openid: 1 }),
      { after: 1.3, act: healthy.metadata, ...step('known', 200, { oauth: 2, openid: 1, jwks: 1 }) },
    ],
  },
  {
    name: 'all well-known URLs share one deadline',
    phase: 'absent',
    document: 'metadata',
    act: { oauth: slowly(3, status(404)), openid: hang },
    steps: [
      {
        ...step('known', 503, { oauth: 1, openid: 1 }),
        waits: [
          [{ oauth: 1 }, 1],
          [{ oauth: 1, openid: 1 }, 4],
        ],
      },
      { after: 1.3, act: healthy.metadata, ...step('known', 200, { oauth: 2, openid: 1, jwks: 1 }) },
    ],
  },
]

function foundAtSecond({ name, act }: Fault): Scenario {
  return {
    name: `the issuer ${name} at the first well-known URL: the validator finds the metadata at the second, and remembers that`,
    phase: 'absent',
    document: 'metadata',
    act: { oauth: act, openid: metadata({}, tenMinutes) },
    steps: [
      step('known', 200, { oauth: 1, openid: 1, jwks: 1 }),
      step('known', 200, { oauth: 1, openid: 1, jwks: 1 }),
      { after: 660, ...step('known', 200, { oauth: 1, openid: 2, jwks: 1 }) },
    ],
  }
}
