/** Failing introspection endpoints, and strangers who make them fail. */
import type { IntrospectionHealth } from '@tollgate/core/diagnostics'
import { expect, test } from 'vitest'
import { openTestClock, type TestClock } from '../harness/clock.ts'
import { type Handler, hang, json, status, text } from '../harness/responses.ts'
import { openScriptedValidator, type ScriptedValidator } from '../harness/scripted-validator.ts'
import { waitFor } from '../harness/wait-for.ts'

/** The issuer calls good tokens active, and does something else with all others. */
function respondToStrangers({ issuer }: ScriptedValidator, respond: Handler): void {
  issuer.routes['/introspect'] = (request, response) => {
    const isGood = issuer.requests.at(-1)?.form.get('token')?.startsWith('good') === true
    const act = isGood ? json(issuer.active()) : respond
    act(request, response)
  }
}

/** A validator for which these tokens were active a minute ago. Calls end when the clock advances by 3 s. */
async function openWithKnown(names: readonly string[]): Promise<ScriptedValidator & { readonly clock: TestClock }> {
  const clock = openTestClock()
  const scripted = await openScriptedValidator({ validator: { clock: clock.now } })
  for (const name of names) {
    expect(await scripted.reason(name)).toBe('OK')
  }
  await clock.advance(61)
  return { ...scripted, clock }
}

function circuits({ validator }: ScriptedValidator): IntrospectionHealth['circuits'] | undefined {
  return validator.health().issuers[0]?.introspection?.circuits
}

function named(name: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${name}-${index}`)
}

function reasonsOf({ reason }: ScriptedValidator, name: string, count: number): Promise<readonly string[]> {
  return Promise.all(named(name, count).map((token) => reason(token)))
}

function calls({ issuer }: ScriptedValidator): number {
  return issuer.count('/introspect')
}

const strangerFaults: Readonly<Record<string, Handler>> = {
  '401': status(401),
  '403': status(403),
  '429': status(429),
  '500': status(500),
  '503': status(503),
  'a page': text('<html>'),
  'a reset': (request) => request.socket.resetAndDestroy(),
  'a timeout': hang,
}

test.each(Object.entries(strangerFaults))(
  'made-up tokens to which the endpoint responds with %s lock out no good token, known or new',
  async (_name, fault) => {
    const scripted = await openWithKnown(['good'])
    respondToStrangers(scripted, fault)
    expect(await scripted.reason('good-new')).toBe('OK')
    const madeUp = reasonsOf(scripted, 'made-up', 20)
    await waitFor(() => calls(scripted) >= 22)
    await scripted.clock.advance(fault === hang ? 3 : 0)
    await madeUp
    expect(await scripted.reason('good')).toBe('OK')
    expect(await scripted.reason('good-newer')).toBe('OK')
  },
)

test.each(Object.entries(strangerFaults).filter(([name]) => name !== '401'))(
  'before the first good token, made-up tokens with %s lock out none',
  async (_name, fault) => {
    const scripted = await openWithKnown([])
    respondToStrangers(scripted, fault)
    const madeUp = reasonsOf(scripted, 'made-up', 20)
    await waitFor(() => calls(scripted) >= 20)
    await scripted.clock.advance(fault === hang ? 3 : 0)
    await madeUp
    expect(await scripted.reason('good')).toBe('OK')
  },
)

test('timeouts of unknown tokens lock out no new good token a minute after the last success', async () => {
  const scripted = await openWithKnown(['good'])
  respondToStrangers(scripted, hang)
  for (let round = 1; round <= 3; round += 1) {
    const madeUp = reasonsOf(scripted, `made-up-${round}`, 12)
    await waitFor(() => calls(scripted) === 1 + 12 * round)
    await scripted.clock.advance(3)
    expect(new Set(await madeUp)).toEqual(new Set(['timeout']))
  }
  expect(circuits(scripted)).toMatchObject({ known: { state: 'closed' }, unknown: { state: 'closed' } })
  expect(new Set(await reasonsOf(scripted, 'good-new', 10))).toEqual(new Set(['OK']))
})

test('refused credentials that the endpoint accepted before open no circuit of unknown tokens', async () => {
  const scripted = await openWithKnown(['good'])
  respondToStrangers(scripted, status(401))
  for (const name of named('made-up', 20)) {
    expect(await scripted.reason(name)).toBe('credentials-refused')
  }
  expect(await scripted.reason('good-new')).toBe('OK')
})

test('an open circuit of unknown tokens passes a few calls a second until one succeeds', async () => {
  const scripted = await openWithKnown([])
  const { clock } = scripted
  const present = async (name: string, count: number): Promise<number> => {
    const before = calls(scripted)
    expect(new Set(await reasonsOf(scripted, name, count))).toEqual(new Set(['credentials-refused']))
    return calls(scripted) - before
  }
  respondToStrangers(scripted, status(401))
  expect(await present('made-up', 5)).toBe(5)
  expect(circuits(scripted)).toMatchObject({ known: { state: 'closed' }, unknown: { state: 'open' } })
  expect(await scripted.reason('good')).toBe('credentials-refused')
  for (let round = 0; round < 3; round += 1) {
    await clock.advance(1.3)
    expect(await present(`made-up-${round}`, 20)).toBe(10)
  }
  await clock.advance(1.3)
  expect(await scripted.reason('good')).toBe('OK')
  expect(await present('made-up-again', 20)).toBe(20)
  expect(await scripted.reason('good-new'), 'a success keeps the circuit closed').toBe('OK')
})

test('an issuer that cannot be connected to gets few calls', async () => {
  const scripted = await openWithKnown(['t'])
  await scripted.issuer.stop()
  const reasons = []
  for (const name of named('u', 10)) {
    reasons.push(await scripted.reason(name))
  }
  expect(reasons.filter((reason) => reason === 'backing-off').length).toBeGreaterThanOrEqual(4)
  await scripted.issuer.start()
  await scripted.clock.advance(1.3)
  expect(await scripted.reason('u')).toBe('OK')
})

test('refused credentials are reported while the circuit is open', async () => {
  const scripted = await openScriptedValidator()
  scripted.issuer.routes['/introspect'] = status(401)
  for (const name of named('t', 20)) {
    expect(await scripted.reason(name)).toBe('credentials-refused')
  }
  expect(calls(scripted)).toBe(5)
})

test('an endpoint that fails for known tokens gets one call after each wait, and waits become longer', async () => {
  const good = named('good', 10)
  const scripted = await openWithKnown(good)
  const { clock, issuer, reason } = scripted
  const introspect = issuer.routes['/introspect'] ?? hang
  issuer.routes['/introspect'] = status(503)
  for (const name of good.slice(0, 5)) {
    expect(await reason(name)).toBe('upstream-error')
  }
  expect(await reason('good-5')).toBe('backing-off')
  expect(await reason('unknown'), 'an endpoint that fails for good tokens fails for all').toBe('backing-off')
  expect(calls(scripted)).toBe(15)
  await clock.advance(1.3)
  const reasons = await Promise.all(good.map((name) => reason(name)))
  expect(reasons.filter((one) => one === 'upstream-error')).toHaveLength(1)
  expect(calls(scripted)).toBe(16)
  await clock.advance(1.5)
  expect(await reason('good-0')).toBe('backing-off')
  await clock.advance(1)
  issuer.routes['/introspect'] = introspect
  expect(await reason('good-0')).toBe('OK')
  expect(new Set(await Promise.all(good.map((name) => reason(name))))).toEqual(new Set(['OK']))
})

test('many simultaneous failures cause one wait, and a short one', async () => {
  const good = named('good', 64)
  const scripted = await openWithKnown(good)
  const { clock, issuer, reason } = scripted
  const introspect = issuer.routes['/introspect'] ?? hang
  const waiting: (() => void)[] = []
  issuer.routes['/introspect'] = (request, response) => waiting.push(() => status(503)(request, response))
  const reasons = good.map((name) => reason(name))
  await waitFor(() => waiting.length === 64)
  waiting.forEach((respond) => respond())
  expect(new Set(await Promise.all(reasons))).toEqual(new Set(['upstream-error']))
  issuer.routes['/introspect'] = introspect
  expect(await reason('good-0')).toBe('backing-off')
  await clock.advance(1.3)
  expect(await reason('good-0')).toBe('OK')
})

test('setting the clock back makes no call wait', async () => {
  const scripted = await openWithKnown(named('good', 6))
  const introspect = scripted.issuer.routes['/introspect'] ?? hang
  scripted.issuer.routes['/introspect'] = status(503)
  for (const name of named('good', 6)) {
    await scripted.reason(name)
  }
  scripted.issuer.routes['/introspect'] = introspect
  await scripted.clock.advance(-3600)
  expect(await scripted.reason('good-0')).toBe('OK')
})

test.each([404, 400, 403, 204])('responses with %i about a known token open no circuit', async (code) => {
  const scripted = await openWithKnown(['good'])
  scripted.issuer.routes['/introspect'] = status(code)
  for (let request = 0; request < 10; request += 1) {
    expect(await scripted.reason('good')).not.toBe('backing-off')
  }
  expect(circuits(scripted)?.known.state).toBe('closed')
})

test('an endpoint that hangs takes a bounded number of requests, and known tokens have room of their own', async () => {
  const good = named('good', 150)
  const scripted = await openWithKnown(good)
  const { clock, issuer, reason } = scripted
  const before = calls(scripted)
  issuer.routes['/introspect'] = hang
  const unknown = named('made-up', 1500).map((name) => reason(name))
  expect(new Set(await Promise.all(unknown.slice(1024)))).toEqual(new Set(['overloaded']))
  await waitFor(() => calls(scripted) - before === 192)
  const known = good.map((name) => reason(name))
  await waitFor(() => calls(scripted) - before === 192 + 128)
  // The calls that wait start when others end, and end in the same way.
  const timer = setInterval(() => void clock.advance(3), 20)
  const reasons = new Set(await Promise.all([...unknown, ...known]))
  clearInterval(timer)
  expect([...reasons].filter((one) => !['timeout', 'overloaded', 'backing-off'].includes(one))).toEqual([])
})
