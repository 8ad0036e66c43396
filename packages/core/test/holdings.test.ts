import { Agent } from 'undici'
import { expect, test } from 'vitest'
import { createHolders, type Holdable } from '../src/http/holders.ts'
import { createHoldings } from '../src/http/holdings.ts'
import { createReach } from '../src/http/dispatchers.ts'

interface Thing extends Holdable {
  held: number
}

function thing(): Thing {
  const made: Thing = {
    held: 0,
    hold: () => {
      made.held += 1
      return () => void (made.held -= 1)
    },
  }
  return made
}

test('what is held is held once, until it is let go', () => {
  const [one, other] = [thing(), thing()]
  const holdings = createHoldings()
  holdings.hold(one)
  holdings.hold(one)
  holdings.hold(other)
  expect([one.held, other.held]).toEqual([1, 1])
  holdings.keepOnly([other])
  expect([one.held, other.held]).toEqual([0, 1])
  holdings.hold(one)
  holdings.end()
  expect([one.held, other.held]).toEqual([0, 0])
  holdings.hold(one)
  expect(one.held).toBe(0)
})

test('there is a bound, and what was asked for last stays', () => {
  const first = thing()
  const rest = Array.from({ length: 60_000 }, thing)
  const holdings = createHoldings()
  holdings.hold(first)
  rest.slice(0, -1).forEach(holdings.hold)
  holdings.hold(first)
  rest.slice(-1).forEach(holdings.hold)
  expect([first.held, rest[0]?.held, rest.at(-1)?.held]).toEqual([1, 0, 1])
})

test('something begins with the first who holds it, and ends with the last, however often each lets go', () => {
  const told: string[] = []
  const holders = createHolders(() => {
    told.push('first')
    return () => void told.push('last')
  })
  const [one, other] = [holders.hold(), holders.hold()]
  one()
  one()
  expect([told, holders.isHeld()]).toEqual([['first'], true])
  other()
  one()
  expect([told, holders.isHeld()]).toEqual([['first', 'last'], false])
  holders.hold()
  expect(told).toEqual(['first', 'last', 'first'])
})

test('a validator that is closed lets go of all that it held', async () => {
  const held = thing()
  const dispatcher = new Agent()
  for (const own of [dispatcher, undefined]) {
    const reach = createReach(own)
    reach.holdings.hold(held)
    expect(held.held).toBe(1)
    await reach.close()
    expect(held.held).toBe(0)
  }
  await dispatcher.close()
})
