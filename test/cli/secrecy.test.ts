/** No output of a command contains the token, whatever is wrong with it and wherever it is. */
import { createMockIssuer, type MockIssuer, wrongTokens } from '@tollgate/mock-issuer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Ended, runBinary, runHere } from './commands.ts'

let issuer: MockIssuer
beforeAll(async () => {
  issuer = await createMockIssuer()
})
afterAll(() => issuer.close())

const options = (): readonly string[] => ['--issuer', issuer.url, '--audience', 'https://api.example.com']

function shownOf({ stdout, stderr }: Ended, token: string): readonly string[] {
  const segments = [token, ...token.split('.')].filter((segment) => segment.length >= 16)
  return segments.filter((segment) => `${stdout}${stderr}`.includes(segment))
}

test.each(wrongTokens)('%s', async (name) => {
  const token = await issuer.wrongToken(name)
  for (const args of [
    ['explain', ...options()],
    ['explain', ...options(), '--json'],
    ['explain'],
    ['decode'],
    ['decode', '--json'],
  ]) {
    expect(shownOf(await runHere({ args, input: token }), token)).toEqual([])
  }
})

describe('a token among the arguments is wrong usage (exit code 2)', () => {
  test.each<readonly [place: string, args: (token: string) => readonly string[]]>([
    ['behind explain', (token) => ['explain', token]],
    ['behind decode', (token) => ['decode', token]],
    ['behind doctor', (token) => ['doctor', token]],
    ['in place of a command', (token) => [token]],
    ['as --token', (token) => ['explain', `--token=${token}`]],
    ['as an unknown option', (token) => ['explain', `--tokn`, token]],
    ['as an audience', (token) => ['explain', '--audience', token]],
    ['as an issuer', (token) => ['explain', `--issuer=${token}`]],
    ['with Bearer', (token) => ['explain', `Bearer ${token}`]],
    ['in a URL', (token) => ['doctor', `https://as.example/?access_token=${token}`]],
    ['as the name of an option', (token) => ['explain', `--${token}`]],
  ])('%s', async (_place, args) => {
    const token = await issuer.accessToken()
    const ended = await runHere({ args: args(token), input: token })
    expect(ended.code).toBe(2)
    expect(shownOf(ended, token)).toEqual([])
  })

  test('also if it is opaque', async () => {
    const token = await issuer.opaqueToken()
    for (const args of [['explain', token], ['decode', token], [token], ['explain', `--x=${token}`]]) {
      const ended = await runHere({ args })
      expect(ended.code).toBe(2)
      expect(shownOf(ended, token)).toEqual([])
    }
  })

  test('and the message says how to pipe it', async () => {
    const { stderr } = await runHere({ args: ['explain', await issuer.accessToken()] })
    expect(stderr).toMatch(/\| npx @tollgate\/cli explain/)
  })
})

test('a client secret among the arguments is wrong usage, and is not repeated', async () => {
  const secret = 'sentinel-of-the-client'
  const ended = await runHere({ args: ['explain', `--client-secret=${secret}`], input: 'x' })
  expect([ended.code, `${ended.stdout}${ended.stderr}`.includes(secret)]).toEqual([2, false])
})

test('the binary itself shows nothing either, also in the trace of an error', async () => {
  const token = await issuer.accessToken()
  const ended = await runBinary({ args: ['explain', '--config', './no-such-module.ts'], input: token })
  expect(shownOf(ended, token)).toEqual([])
  expect(ended.code).toBe(2)
})
