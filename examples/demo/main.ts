import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { startAuthorizationServer } from './authorization-server.ts'
import { createApi } from './api.ts'
import { createClient, revoke } from './client.ts'
import { play, type Played } from './play.ts'
import { printAnswer, printCurls, printTable } from './print.ts'
import {
  audience,
  expiry,
  opaque,
  opaqueTokens,
  ordinaryDay,
  outageWithKeys,
  outageWithOpaque,
  outageWithoutKeys,
  rotation,
  shortLived,
} from './scenarios.ts'

// An unknown flag is a mistake that shows, before anything is started.
const { values: flags } = parseArgs({ options: { serve: { type: 'boolean' } } })

const scope = 'orders:read orders:write'
const lifetimes = { [shortLived]: 1 }

// Two authorization servers: the API trusts the first, and has never heard of the other.
const trusted = await startAuthorizationServer({ scope, lifetimes, opaque })
const stranger = await startAuthorizationServer({ scope })
const getToken = await createClient(trusted.issuer)
// A list of audiences: the short-lived one only makes tokens that expire while you watch.
const api = await listen(createServer(createApi(trusted.issuer, [audience, shortLived, opaque])))

if (flags.serve === true) {
  await stayUp()
} else {
  await playAll()
}

async function playAll(): Promise<void> {
  console.log(
    'An Express API protected by Tollgate, an authorization server (oidc-provider), and a client; all on loopback.\nOne of the tokens below has to expire first: six seconds.\n',
  )
  const dying = expiry(getToken)
  const played: Played[] = []
  for (const scenario of await ordinaryDay(getToken, await createClient(stranger.issuer))) {
    played.push(await play(scenario, api.origin))
  }
  const [known = '', revoked = '', unknown = ''] = await threeOpaque()
  await revoke(trusted.issuer, revoked)
  for (const scenario of opaqueTokens(known, revoked)) {
    played.push(await play(scenario, api.origin))
  }
  played.push(await play(await dying, api.origin))
  await trusted.rotateKeys()
  played.push(await play(await rotation(getToken), api.origin))
  played.push(...(await playOutage(known, unknown)))
  await api.stop()

  printTable(played)
  printAnswer(played.find(({ status }) => status === 403) ?? (played[0] as Played))
  const wrong = played.filter(({ isRight }) => !isRight).length
  console.log(
    wrong === 0 ? `\nAll ${played.length} answers are right.` : `\n${wrong} of ${played.length} answers are wrong.`,
  )
  process.exitCode = wrong === 0 ? 0 : 1
}

function threeOpaque(): Promise<readonly string[]> {
  return Promise.all([1, 2, 3].map(() => getToken({ scope: 'orders:read', resource: opaque })))
}

/** Both servers go down: the API has the keys of the first, while another API starts too late to get those of the second. */
async function playOutage(known: string, unknown: string): Promise<readonly Played[]> {
  const token = await getToken({ scope, resource: audience })
  const latesToken = await (await createClient(stranger.issuer))({ scope, resource: audience })
  await Promise.all([trusted.stop(), stranger.stop()])
  const late = await listen(createServer(createApi(stranger.issuer, [audience])))
  const played = [await play(outageWithKeys(token), api.origin), await play(outageWithoutKeys(latesToken), late.origin)]
  for (const scenario of outageWithOpaque(known, unknown)) {
    played.push(await play(scenario, api.origin))
  }
  await late.stop()
  return played
}

async function stayUp(): Promise<void> {
  printCurls(api.origin, {
    'a token with orders:read': await getToken({ scope: 'orders:read', resource: audience }),
    'a token with orders:read and orders:write': await getToken({ scope, resource: audience }),
    'an opaque token with orders:read': await getToken({ scope: 'orders:read', resource: opaque }),
    'a token for another API': await getToken({ scope, resource: 'https://payments.example' }),
  })
  await once(process, 'SIGINT')
  await Promise.all([api.stop(), trusted.stop(), stranger.stop()])
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
