import { hang, keySet, slowly } from '../harness/issuer-documents.ts'
import { status } from '../harness/upstream.ts'
import { deadline, healthy, impatience, patience, type Scenario, step } from './scenarios.steps.ts'

/** More than an hour has gone by since what is kept was fresh. */
export const beyond: readonly Scenario[] = [
  {
    name: 'the known key is served for an hour of an outage and no longer, and again when it is over',
    phase: 'beyond',
    document: 'keys',
    age: 599,
    act: { jwks: 'refuses connections' },
    steps: [
      step('known', 'OK', { oauth: 1, jwks: 2 }),
      { after: 1500, ...step('known', 'OK', { oauth: 1, jwks: 3 }) },
      { after: 2100, ...step('known', 'OK', { oauth: 2, jwks: 4 }) },
      { after: 1, ...step('known', 'E-UP', { oauth: 2, jwks: 4 }) },
      { after: 60, ...step('known', 'E-UP', { oauth: 2, jwks: 5 }) },
      { after: 36, act: healthy.keys, ...step('known', 'OK', { oauth: 2, jwks: 6 }) },
    ],
  },
  {
    name: 'metadata cannot be had, and the keys are asked for where they were last',
    phase: 'beyond',
    document: 'metadata',
    age: 599,
    act: { oauth: 'refuses connections' },
    steps: [
      step('known', 'OK', { oauth: 2, jwks: 1 }),
      { after: 1500, ...step('known', 'OK', { oauth: 3, jwks: 1 }) },
      { after: 2100, ...step('known', 'OK', { oauth: 4, jwks: 2 }) },
      // An hour beyond their freshness the metadata do not count any more.
      { after: 1, ...step('known', 'OK', { oauth: 4, jwks: 2 }) },
      { after: 60, ...step('known', 'OK', { oauth: 5, jwks: 2 }) },
      { after: 7138, ...step('known', 'OK', { oauth: 6, jwks: 3 }) },
      { after: 36, act: { jwks: keySet(['new']) }, ...step('new', 'OK', { oauth: 7, jwks: 4 }) },
      step('known', 'E-TOK', { oauth: 7, jwks: 5 }),
    ],
  },
  {
    name: 'metadata hang, and nobody under a known key waits for longer than a second',
    phase: 'beyond',
    document: 'metadata',
    age: 4260,
    isLong: true,
    act: { oauth: hang },
    steps: [
      step('known', 'OK', { oauth: 2, jwks: 2 }, patience),
      step('known', 'OK', { oauth: 2, jwks: 2 }, impatience),
      { after: 1.3, act: healthy.metadata, ...step('known', 'OK', { oauth: 3, jwks: 2 }) },
    ],
  },
  {
    name: 'nobody judges a token under a made-up key either',
    phase: 'beyond',
    document: 'keys',
    act: { jwks: status(503) },
    steps: [
      step('made-up', 'E-UP', { oauth: 2, jwks: 2 }),
      step('made-up', 'E-UP', { oauth: 2, jwks: 2 }),
      { after: 1.3, act: healthy.keys, ...step('known', 'OK', { oauth: 2, jwks: 3 }) },
      step('made-up', 'E-TOK', { oauth: 2, jwks: 4 }),
    ],
  },
  {
    name: 'an answer that takes two seconds is waited for',
    phase: 'beyond',
    document: 'keys',
    isLong: true,
    act: { jwks: slowly(2000, keySet(['known'])) },
    steps: [step('known', 'OK', { oauth: 2, jwks: 2 }, deadline), step('known', 'OK', { oauth: 2, jwks: 2 })],
  },
  {
    name: 'it comes back with new keys only, and the old ones have ended',
    phase: 'beyond',
    document: 'keys',
    act: { jwks: 'has no address' },
    steps: [
      step('known', 'E-UP', { oauth: 2, jwks: 2 }),
      { after: 1.3, act: { jwks: keySet(['new']) }, ...step('new', 'OK', { oauth: 2, jwks: 3 }) },
      step('known', 'E-TOK', { oauth: 2, jwks: 4 }),
      step('new', 'OK', { oauth: 2, jwks: 4 }),
    ],
  },
  {
    name: 'all of it is down, and all of it comes back',
    phase: 'beyond',
    document: 'metadata',
    act: { oauth: 'refuses connections', jwks: 'refuses connections' },
    steps: [
      step('known', 'E-UP', { oauth: 2, jwks: 2 }),
      {
        after: 1.3,
        act: { oauth: healthy.metadata.oauth ?? status(404) },
        ...step('known', 'E-UP', { oauth: 3, jwks: 3 }),
      },
      step('known', 'E-UP', { oauth: 3, jwks: 3 }),
      { after: 2.5, act: healthy.metadata, ...step('known', 'OK', { oauth: 3, jwks: 4 }) },
    ],
  },
]
