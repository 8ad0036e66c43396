/** The end of a process, and of connections: nothing of a validator keeps a process alive. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { jws, keyPair } from '../harness/jws.ts'
import { claimsOf, openScriptedIssuer, type ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { audience } from '../harness/reference.ts'

const { jwk, privateKey } = keyPair('P-256')

async function openIssuer(): Promise<{ readonly issuer: ScriptedIssuer; readonly token: string }> {
  const issuer = await openScriptedIssuer([{ ...jwk, kid: 'k' }])
  const claims = { ...claimsOf(issuer.url), exp: Math.floor(Date.now() / 1000) + 3600 }
  return { issuer, token: jws({ alg: 'ES256', kid: 'k' }, claims, privateKey, 'ES256') }
}

/** Milliseconds. A process that ends takes one second, and half a minute on a busy machine. */
const maxTime = 250_000

/** Runs a module in its own process. The test fails when that does not end. */
async function run(issuer: string, token: string, code: string): Promise<string> {
  const source = `
    import { channel } from 'node:diagnostics_channel'
    import { createValidator } from '@tollgate/core'
    const validator = createValidator({ issuer: '${issuer}', audience: '${audience}' })
    let fetches = 0
    channel('tracing:tollgate.fetch:start').subscribe(({ purpose }) => (fetches += purpose === 'keys' ? 1 : 0))
    // The event comes before the request is sent.
    const requested = async (times) => {
      while (fetches < times) await new Promise((resolve) => setTimeout(resolve, 10))
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const request = new Request('https://api.example/', { headers: { authorization: 'Bearer ${token}' } })
    ${code}`
  const options = { cwd: import.meta.dirname, timeout: maxTime }
  return (await promisify(execFile)(process.execPath, ['--input-type=module', '-e', source], options)).stdout.trim()
}

test('a process that validates one token ends by itself', async () => {
  const { issuer, token } = await openIssuer()
  const code = 'console.log((await validator.authenticate(request)).subject)'
  expect(await run(issuer.url, token, code)).toBe('alice')
})

const logs: Readonly<Record<string, string>> = {
  'the log in memory': 'memoryRevocations()',
  'a log that hangs': '{ ...memoryRevocations(), read: () => new Promise(() => undefined) }',
  'a log that fails': '{ ...memoryRevocations(), read: () => Promise.reject(new Error()) }',
  'a log that does not wait': '{ ...memoryRevocations(), read: async (position) => ({ records: [], position }) }',
}

test.each(Object.entries(logs))('a process that follows %s ends by itself', async (_name, log) => {
  const { issuer, token } = await openIssuer()
  const code = `
    const { memoryRevocations } = await import('@tollgate/core')
    const revocations = ${log}
    const following = createValidator({ issuer: '${issuer.url}', audience: '${audience}', revocations })
    await following.revoke({ sub: 'bob' })
    await new Promise((resolve) => setTimeout(resolve, 300))
    console.log((await following.authenticate(request)).subject)`
  expect(await run(issuer.url, token, code)).toBe('alice')
})

test('undici is not loaded before the first outbound call', async () => {
  const { issuer, token } = await openIssuer()
  const code = `
    const { createRequire } = await import('node:module')
    const { cache } = createRequire(import.meta.url)
    const isLoaded = () => Object.keys(cache).some((file) => file.includes('/node_modules/undici/'))
    const before = isLoaded()
    await validator.authenticate(request)
    console.log(before, isLoaded())`
  expect(await run(issuer.url, token, code)).toBe('false true')
})

test('a process that closes its validator while a server hangs ends', async () => {
  const { issuer, token } = await openIssuer()
  issuer.routes['/jwks'] = () => undefined
  const code = `
    const result = validator.authenticate(request).catch((error) => error.reason)
    await requested(1)
    await validator.close()
    console.log(await result)`
  expect(await run(issuer.url, token, code)).toBe('closing')
})

test('a token is not refused when the validator closes during the lookup of its key', async () => {
  const { issuer, token } = await openIssuer()
  const other = keyPair('P-256')
  const unknown = jws({ alg: 'ES256', kid: 'new' }, claimsOf(issuer.url), other.privateKey, 'ES256')
  const serve = issuer.routes['/jwks']
  issuer.routes['/jwks'] = (request, response) => {
    issuer.routes['/jwks'] = () => undefined
    serve?.(request, response)
  }
  const code = `
    await validator.authenticate(request)
    const headers = { authorization: 'Bearer ${unknown}' }
    const result = validator.authenticate(new Request('https://api.example/', { headers })).catch((error) => error.reason)
    await requested(2)
    await validator.close()
    console.log(await result)`
  expect(await run(issuer.url, token, code)).toBe('closing')
})

test('a process does not end while it waits for its issuer', async () => {
  const { issuer, token } = await openIssuer()
  const serve = issuer.routes['/jwks']
  issuer.routes['/jwks'] = (_request, response) => {
    issuer.routes['/jwks'] = serve ?? (() => undefined)
    response.writeHead(503).end()
  }
  const code = `
    await validator.ready({ within: '4m' })
    console.log(validator.health().status)`
  expect(await run(issuer.url, token, code)).toBe('ok')
})

/** Work in memory that never ends. */
const hanging: Readonly<Record<string, string>> = {
  'a function for keys': `{ keys: () => new Promise(() => {}), timeouts: { keys: '300ms' } }`,
  'a dispatcher without a response': `{ keys: url, timeouts: { keys: '300ms' } }, () => undefined`,
  'a dispatcher without a body': `{ keys: url, timeouts: { keys: '300ms' } }, (handler) => {
    const controller = { abort() {}, pause() {}, resume() {} }
    handler.onRequestStart(controller, {})
    handler.onResponseStart(controller, 200, {}, 'OK')
  }`,
}

test.each(Object.entries(hanging))('a process does not end before the deadline of %s', async (name, options) => {
  const { issuer, token } = await openIssuer()
  const code = `
    const { trustedIssuer } = await import('@tollgate/core')
    const { Dispatcher } = await import('undici')
    const url = '${issuer.url}/jwks'
    const open = (options, act) => {
      const dispatcher = act && Object.assign(new Dispatcher(), { dispatch: (_options, handler) => (act(handler), true) })
      return createValidator({ issuer: trustedIssuer('${issuer.url}', options), audience: '${audience}', dispatcher })
    }
    console.log(await open(${options}).authenticate(request).catch((error) => error.reason ?? error.name))`
  expect(await run(issuer.url, token, code)).toBe(name === 'a function for keys' ? 'Error' : 'timeout')
})

test('validators share connections, which close with the last validator, and open again', async () => {
  const { issuer, token } = await openIssuer()
  const code = `
    let sockets = 0
    channel('undici:client:connected').subscribe(({ socket }) => {
      sockets += 1
      socket.on('close', () => (sockets -= 1))
    })
    const counts = []
    // Sockets close late. Idle sockets stay open.
    const count = async (expected) => {
      for (let round = 0; round < 4000 && (sockets > 0) !== (expected === 'open'); round += 1) {
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      counts.push(sockets > 0 ? 'open' : 'closed')
    }
    const other = createValidator({ issuer: '${issuer.url}', audience: '${audience}' })
    await validator.authenticate(request)
    await count('open')
    await validator.close()
    await other.authenticate(request)
    await count('open')
    await other.close()
    await count('closed')
    const again = createValidator({ issuer: '${issuer.url}', audience: '${audience}' })
    await again.authenticate(request)
    await count('open')
    console.log(counts.join())`
  expect(await run(issuer.url, token, code)).toBe('open,open,closed,open')
  expect(issuer.count('/jwks')).toBe(2)
})

test('dispatchers with a client certificate close with the last validator, and open again for the next', async () => {
  const { issuer, token } = await openIssuer()
  const code = `
    const { createDispatcher } = await import('../../packages/core/src/http/dispatchers.ts')
    const outcomeOf = async (open) => open.then(({ destroyed }) => destroyed, ({ reason }) => reason)
    const dispatcher = createDispatcher({})
    const first = dispatcher('public')
    const outcomes = [await outcomeOf(first)]
    await validator.close()
    outcomes.push(await outcomeOf(first), await outcomeOf(dispatcher('public')))
    createValidator({ issuer: '${issuer.url}', audience: '${audience}' })
    outcomes.push(await outcomeOf(dispatcher('public')))
    console.log(outcomes.join())`
  expect(await run(issuer.url, token, code)).toBe('false,true,closing,false')
})
