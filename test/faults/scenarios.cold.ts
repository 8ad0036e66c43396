import { hang, keySet, metadata, slowly } from '../harness/issuer-documents.ts'
import { status } from '../harness/upstream.ts'
import { type Fault, faults } from './scenarios.faults.ts'
import { deadline, healthy, type Scenario, step, tenMinutes } from './scenarios.steps.ts'

/** Nothing is known yet. */
export const cold: readonly Scenario[] = [
  {
    name: 'whoever comes while it hangs shares the call, and hears of it when that is over',
    phase: 'cold',
    document: 'keys',
    isLong: true,
    act: { jwks: hang },
    steps: [
      {
        ...step('known', 'E-UP', { oauth: 1, jwks: 1 }, deadline),
        meanwhile: [{ ...step('known', 'E-UP', { oauth: 1, jwks: 1 }, deadline) }],
      },
      step('known', 'E-UP', { oauth: 1, jwks: 1 }),
      { after: 1.3, act: healthy.keys, ...step('known', 'OK', { oauth: 1, jwks: 2 }) },
    ],
  },
  {
    name: 'an answer that takes two seconds is waited for',
    phase: 'cold',
    document: 'keys',
    isLong: true,
    act: { jwks: slowly(2000, keySet(['known'])) },
    steps: [step('known', 'OK', { oauth: 1, jwks: 1 }, deadline), step('known', 'OK', { oauth: 1, jwks: 1 })],
  },
  {
    name: 'nobody judges a token under a made-up key either, until there are keys',
    phase: 'cold',
    document: 'keys',
    act: { jwks: 'refuses connections' },
    steps: [
      step('made-up', 'E-UP', { oauth: 1, jwks: 1 }),
      step('made-up', 'E-UP', { oauth: 1, jwks: 1 }),
      { after: 1.3, act: healthy.keys, ...step('known', 'OK', { oauth: 1, jwks: 2 }) },
      step('made-up', 'E-TOK', { oauth: 1, jwks: 3 }),
      step('made-up', 'E-TOK', { oauth: 1, jwks: 3 }),
      step('known', 'OK', { oauth: 1, jwks: 3 }),
    ],
  },
  {
    name: 'the back-off doubles to thirty seconds, and clients are told how much is left',
    phase: 'cold',
    document: 'keys',
    act: { jwks: status(500) },
    steps: [
      step('known', 'E-UP', { oauth: 1, jwks: 1 }),
      { ...step('known', 'E-UP', { oauth: 1, jwks: 1 }), retryAfter: [1, 2] },
      { after: 1.3, ...step('known', 'E-UP', { oauth: 1, jwks: 2 }) },
      { ...step('known', 'E-UP', { oauth: 1, jwks: 2 }), retryAfter: [2, 3] },
      { after: 2.5, ...step('known', 'E-UP', { oauth: 1, jwks: 3 }) },
      { ...step('known', 'E-UP', { oauth: 1, jwks: 3 }), retryAfter: [4, 5] },
      { after: 5, ...step('known', 'E-UP', { oauth: 1, jwks: 4 }) },
      { ...step('known', 'E-UP', { oauth: 1, jwks: 4 }), retryAfter: [7, 10] },
      { after: 10, ...step('known', 'E-UP', { oauth: 1, jwks: 5 }) },
      { ...step('known', 'E-UP', { oauth: 1, jwks: 5 }), retryAfter: [13, 20] },
      { after: 20, ...step('known', 'E-UP', { oauth: 1, jwks: 6 }) },
      { ...step('known', 'E-UP', { oauth: 1, jwks: 6 }), retryAfter: [24, 36] },
      { after: 23, ...step('known', 'E-UP', { oauth: 1, jwks: 6 }), retryAfter: [1, 13] },
      { after: 14, ...step('known', 'E-UP', { oauth: 1, jwks: 7 }) },
      { after: 23, ...step('known', 'E-UP', { oauth: 1, jwks: 7 }), retryAfter: [1, 13] },
      { after: 14, act: healthy.keys, ...step('known', 'OK', { oauth: 1, jwks: 8 }) },
    ],
  },
  ...faults.metadata.filter(({ gives }) => gives === '502').map(foundAtSecond),
  {
    name: 'a failure at the first well-known URL ends the search, though the second has what is looked for',
    phase: 'cold',
    document: 'metadata',
    act: { oauth: status(500), openid: metadata() },
    steps: [
      step('known', 'E-UP', { oauth: 1 }),
      { after: 1.3, ...step('known', 'E-UP', { oauth: 2 }) },
      { after: 2.5, act: { oauth: status(404) }, ...step('known', 'OK', { oauth: 3, openid: 1, jwks: 1 }) },
    ],
  },
  {
    name: 'a failure at the second well-known URL is a failure, and no absence',
    phase: 'cold',
    document: 'metadata',
    act: { oauth: status(404), openid: status(500) },
    steps: [
      step('known', 'E-UP', { oauth: 1, openid: 1 }),
      step('known', 'E-UP', { oauth: 1, openid: 1 }),
      { after: 1.3, act: healthy.metadata, ...step('known', 'OK', { oauth: 2, openid: 1, jwks: 1 }) },
    ],
  },
  {
    name: 'all well-known URLs are looked through within one deadline',
    phase: 'cold',
    document: 'metadata',
    isLong: true,
    act: { oauth: slowly(3000, status(404)), openid: hang },
    steps: [
      step('known', 'E-UP', { oauth: 1, openid: 1 }, deadline),
      { after: 1.3, act: healthy.metadata, ...step('known', 'OK', { oauth: 2, openid: 1, jwks: 1 }) },
    ],
  },
]

function foundAtSecond({ name, act }: Fault): Scenario {
  return {
    name: `it ${name} at the first well-known URL: what is looked for is found at the second, and there from then on`,
    phase: 'cold',
    document: 'metadata',
    act: { oauth: act, openid: metadata({}, tenMinutes) },
    steps: [
      step('known', 'OK', { oauth: 1, openid: 1, jwks: 1 }),
      step('known', 'OK', { oauth: 1, openid: 1, jwks: 1 }),
      { after: 660, ...step('known', 'OK', { oauth: 1, openid: 2, jwks: 1 }) },
    ],
  }
}
