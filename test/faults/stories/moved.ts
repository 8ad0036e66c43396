import { hang } from '../../harness/responses.ts'
import { metadata } from '../../harness/scripted-hosts.ts'
import { type Fault, faults, isTypical } from '../faults.ts'
import { type Scenario, step, uselessKeys } from '../scenario.ts'
import { keySet, tenMinutes } from '../scene.ts'

const rotated = keySet(['known', 'new'])
const moves = metadata({ keysAt: 'moved' }, tenMinutes)

/** A refresh of the metadata names another URL of the keys. */
export const moved: readonly Scenario[] = [
  {
    name: 'the validator fetches the keys from the new URL before it uses them',
    phase: 'fresh',
    document: 'metadata',
    act: { oauth: moves, moved: rotated },
    steps: [
      step('known', 200, { oauth: 2, jwks: 1 }),
      { after: 0.1, ...step('new', 200, { oauth: 2, jwks: 1, moved: 1 }) },
      step('known', 200, { oauth: 2, jwks: 1, moved: 1 }),
    ],
  },
  ...faults.keys.filter((fault) => isTypical(fault) && fault.lasts !== true).map(movedInVain),
  {
    name: 'the previous keys serve on if the keys at the new URL can verify no signature',
    phase: 'fresh',
    document: 'metadata',
    act: { oauth: moves, moved: uselessKeys },
    steps: [
      step('known', 200, { oauth: 2, jwks: 1 }),
      { after: 0.1, ...step('known', 200, { oauth: 2, jwks: 1, moved: 1 }) },
    ],
  },
  {
    name: 'a request under a known key waits one second for a new URL that hangs, and the next one does not wait',
    phase: 'fresh',
    document: 'metadata',
    act: { oauth: moves, moved: hang },
    steps: [
      step('known', 200, { oauth: 2, jwks: 1 }),
      { after: 0.1, ...step('known', 200, { oauth: 2, jwks: 1, moved: 1 }, 1) },
      step('known', 200, { oauth: 2, jwks: 1, moved: 1 }),
      { later: 4, after: 1.3, act: { moved: rotated }, ...step('new', 200, { oauth: 2, jwks: 1, moved: 2 }) },
    ],
  },
]

function movedInVain({ name, act }: Fault): Scenario {
  return {
    name: `the issuer ${name} at the new URL of its keys: the previous keys serve on`,
    phase: 'fresh',
    document: 'metadata',
    act: { oauth: moves, moved: act },
    steps: [
      step('known', 200, { oauth: 2, jwks: 1 }),
      { after: 0.1, ...step('known', 200, { oauth: 2, jwks: 1, moved: 1 }) },
      step('known', 200, { oauth: 2, jwks: 1, moved: 1 }),
      step('new', 401, { oauth: 2, jwks: 1, moved: 1 }),
      { after: 1.3, ...step('known', 200, { oauth: 2, jwks: 1, moved: 2 }) },
      { after: 2.5, act: { moved: rotated }, ...step('new', 200, { oauth: 2, jwks: 1, moved: 3 }) },
      step('known', 200, { oauth: 2, jwks: 1, moved: 3 }),
    ],
  }
}
