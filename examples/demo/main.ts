import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { startAuthorizationServer } from './authorization-server.ts'
import { createApi } from './api.ts'
import { createClient, revoke, type TokenRequest } from './client.ts'
import { printChallenges, printCurls, printIntroduction, printResponse, printTable } from './print.ts'
import { runScenario, type ScenarioResult } from './run-scenario.ts'
import {
  audience,
  expiry,
  opaque,
  opaqueTokens,
  ordinaryRequests,
  outageWithKeys,
  outageWithOpaque,
  outageWithoutKeys,
  rotation,
  shortLived,
} from './scenarios.ts'

// Throws for an unknown flag before a server starts.
const { values: flags } = parseArgs({ options: { serve: { type: 'boolean' } } })

const scope = 'orders:read orders:write'
const expiresIn = { [shortLived]: 1 }

// Two authorization servers: the API trusts only the first.
const trusted = await startAuthorizationServer({ scope, expiresIn, opaque })
const stranger = await startAuthorizationServer({ scope })
const getToken = await createClient(trusted.issuer)
// The API has several audiences, because the tokens of `shortLived` expire during the demo.
const api = await listen(createServer(createApi(trusted.issuer, [audience, shortLived, opaque])))

if (flags.serve === true) {
  await stayUp()
} else {
  await runAll()
}

async function runAll(): Promise<void> {
  printIntroduction()
  const expiring = expiry(getToken)
  const results: ScenarioResult[] = []
  for (const scenario of await ordinaryRequests(getToken, await createClient(stranger.issuer))) {
    results.push(await runScenario(scenario, api.origin))
  }
  const [known = '', revoked = '', unknown = ''] = await threeOpaque()
  await revoke(trusted.issuer, revoked)
  for (const scenario of opaqueTokens(known, revoked)) {
    results.push(await runScenario(scenario, api.origin))
  }
  results.push(await runScenario(await expiring, api.origin))
  await trusted.rotateKeys()
  results.push(await runScenario(await rotation(getToken), api.origin))
  results.push(...(await runOutage(known, unknown)))
  await api.stop()

  printTable(results)
  printChallenges(results)
  printResponse(results.find(({ status }) => status === 403) ?? (results[0] as ScenarioResult))
  const wrong = results.filter(({ isRight }) => !isRight).length
  console.log(
    wrong === 0
      ? `\nAll ${results.length} responses are right. Look into examples/demo/api.ts.`
      : `\n${wrong} of ${results.length} responses are wrong.`,
  )
  process.exitCode = wrong === 0 ? 0 : 1
}

function threeOpaque(): Promise<readonly string[]> {
  return Promise.all([1, 2, 3].map(() => getToken({ scope: 'orders:read', resource: opaque })))
}

/** Stops both servers. The API has the keys of the first. Another API starts too late to fetch those of the second. */
async function runOutage(known: string, unknown: string): Promise<readonly ScenarioResult[]> {
  const token = await getToken({ scope, resource: audience })
  const strangersToken = await (await createClient(stranger.issuer))({ scope, resource: audience })
  await Promise.all([trusted.stop(), stranger.stop()])
  const late = await listen(createServer(createApi(stranger.issuer, [audience])))
  const results = [
    await runScenario(outageWithKeys(token), api.origin),
    await runScenario(outageWithoutKeys(strangersToken), late.origin),
  ]
  for (const scenario of outageWithOpaque(known, unknown)) {
    results.push(await runScenario(scenario, api.origin))
  }
  await late.stop()
  return results
}

async function stayUp(): Promise<void> {
  const requests: Readonly<Record<string, TokenRequest>> = {
    'read-orders': { scope: 'orders:read', resource: audience },
    'read-and-write-orders': { scope, resource: audience },
    opaque: { scope: 'orders:read', resource: opaque },
    'for-another-api': { scope: 'orders:read', resource: 'https://payments.example' },
  }
  const tokens = await listen(createServer((req, res) => void respondWithToken(requests[req.url?.slice(1) ?? ''], res)))
  printCurls(api.origin, tokens.origin, Object.keys(requests))
  await once(process, 'SIGINT')
  await Promise.all([api.stop(), tokens.stop(), trusted.stop(), stranger.stop()])
}

async function respondWithToken(request: TokenRequest | undefined, response: ServerResponse): Promise<void> {
  response.statusCode = request === undefined ? 404 : 200
  response.end(request === undefined ? '' : await getToken(request))
}

async function listen(server: Server): Promise<{ origin: string; stop: () => Promise<void> }> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}
