/** Fake timers of a test runner, which never fire. Node itself, and what the library imports from it, have the real ones. */
import { clientSecretBasic, createValidator, trustedIssuer, type Validator } from '@tollgate/core'
import { createMockIssuer, type Fault, type MockIssuer } from '@tollgate/mock-issuer'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'

const timers = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate'] as const
const clocks = ['Date', 'performance'] as const

function useFakes(toFake: readonly ('queueMicrotask' | (typeof timers)[number] | (typeof clocks)[number])[]): void {
  vi.useFakeTimers({ toFake: [...toFake] })
  onTestFinished(() => void vi.useRealTimers())
}

interface Scene {
  readonly issuer: MockIssuer
  readonly validator: Validator
  readonly present: () => Promise<string>
}

async function open(port: 'free' | 'none'): Promise<Scene> {
  const issuer = await createMockIssuer({ port })
  onTestFinished(() => issuer.close())
  const introspection = { client: clientSecretBasic(issuer.client.id, issuer.client.secret), timeout: '400ms' } as const
  const trusted = trustedIssuer(issuer.url, { introspection })
  const validator = createValidator({ ...issuer.validatorOptions, issuer: trusted })
  onTestFinished(() => validator.close())
  const present = async (): Promise<string> => reasonOf(validator.authenticate(requestWith(await issuer.opaqueToken())))
  return { issuer, validator, present }
}

const deadlineFaults: readonly Fault[] = ['hang', 'hang-in-body', 'drip', { delay: '1h' }]

describe.each(['none', 'free'] as const)('with an issuer with port %s', (port) => {
  test.each([
    [['queueMicrotask', ...timers, ...clocks], 'before'],
    [['queueMicrotask', ...timers, ...clocks], 'after'],
    [[...timers, ...clocks], 'after'],
  ] as const)('fakes of %j, installed %s the start, prevent no end', async (toFake, when) => {
    if (when === 'before') {
      useFakes(toFake)
    }
    const { issuer, validator, present } = await open(port)
    if (when === 'after') {
      useFakes(toFake)
    }
    expect(await present()).toBe('OK')
    for (const fault of deadlineFaults) {
      issuer.misbehave('introspection', fault, { times: 1 })
      expect(await present(), JSON.stringify(fault)).toBe('timeout')
    }
    await validator.close()
    await issuer.close()
  })

  test('connections that end have their own reasons', async () => {
    useFakes([...timers, ...clocks])
    const { issuer, present } = await open(port)
    expect(await present()).toBe('OK')
    for (const [fault, reason] of [
      ['reset', 'network'],
      ['cut-off', 'truncated'],
    ] as const) {
      issuer.misbehave('introspection', fault)
      expect(await present(), fault).toBe(reason)
      issuer.behave()
    }
  })
})

test('ready({ within }) ends while performance stands still', async () => {
  useFakes([...timers, ...clocks])
  const validator = createValidator({ issuer: 'http://127.0.0.1:20', audience: 'https://api.example.com' })
  onTestFinished(() => validator.close())
  expect(await reasonOf(validator.ready({ within: '300ms' }))).toBe('network')
})
