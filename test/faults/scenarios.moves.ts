import { hang, keySet, metadata } from '../harness/issuer-documents.ts'
import { type Fault, faults } from './scenarios.faults.ts'
import { patience, type Scenario, step, tenMinutes, useless } from './scenarios.steps.ts'

const rotated = keySet(['known', 'new'])

/** What is known is fresh, and a refresh of the metadata tells of other keys. */
export const moves: readonly Scenario[] = [
  {
    name: 'it names other keys, which are fetched before anybody is judged by them',
    phase: 'warm',
    document: 'metadata',
    act: { oauth: metadata({ keysAt: 'moved' }, tenMinutes), moved: rotated },
    steps: [
      step('known', 'OK', { oauth: 2, jwks: 1 }),
      { after: 0.1, ...step('new', 'OK', { oauth: 2, jwks: 1, moved: 1 }) },
      step('known', 'OK', { oauth: 2, jwks: 1, moved: 1 }),
    ],
  },
  ...faults.keys.filter(({ lasts = false }) => !lasts).map(movedInVain),
  {
    name: 'it names keys that no signature can be verified by, and the keys before serve on',
    phase: 'warm',
    document: 'metadata',
    act: { oauth: metadata({ keysAt: 'moved' }, tenMinutes), moved: useless },
    steps: [
      step('known', 'OK', { oauth: 2, jwks: 1 }),
      { after: 0.1, ...step('known', 'OK', { oauth: 2, jwks: 1, moved: 1 }) },
    ],
  },
  {
    name: 'it names other keys that hang, and nobody waits for longer than a second',
    phase: 'warm',
    document: 'metadata',
    isLong: true,
    act: { oauth: metadata({ keysAt: 'moved' }, tenMinutes), moved: hang },
    steps: [
      step('known', 'OK', { oauth: 2, jwks: 1 }),
      { after: 0.1, ...step('known', 'OK', { oauth: 2, jwks: 1, moved: 1 }, patience) },
      step('known', 'OK', { oauth: 2, jwks: 1, moved: 1 }),
      { after: 1.3, act: { moved: rotated }, ...step('new', 'OK', { oauth: 2, jwks: 1, moved: 2 }) },
    ],
  },
]

function movedInVain({ name, act }: Fault): Scenario {
  return {
    name: `it names other keys, where it ${name}: the keys before serve on`,
    phase: 'warm',
    document: 'metadata',
    act: { oauth: metadata({ keysAt: 'moved' }, tenMinutes), moved: act },
    steps: [
      step('known', 'OK', { oauth: 2, jwks: 1 }),
      { after: 0.1, ...step('known', 'OK', { oauth: 2, jwks: 1, moved: 1 }) },
      step('known', 'OK', { oauth: 2, jwks: 1, moved: 1 }),
      step('new', 'E-TOK', { oauth: 2, jwks: 1, moved: 1 }),
      { after: 1.3, ...step('known', 'OK', { oauth: 2, jwks: 1, moved: 2 }) },
      { after: 2.5, act: { moved: rotated }, ...step('new', 'OK', { oauth: 2, jwks: 1, moved: 3 }) },
      step('known', 'OK', { oauth: 2, jwks: 1, moved: 3 }),
    ],
  }
}
