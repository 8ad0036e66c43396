import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { startAuthorizationServer } from './authorization-server.ts'
import { createApi } from './api.ts'
import { createClient } from './client.ts'
import { play, type Played } from './play.ts'
import { printAnswer, printCurls, printTable } from './print.ts'
import { audience, expiry, ordinaryDay, outageWithKeys, outageWithoutKeys, rotation, shortLived } from './scenarios.ts'

// An unknown flag is a mistake that shows, before anything is started.
const { values: flags } = parseArgs({ options: { serve: { type: 'boolean' } } })

const scope = 'orders:read orders:write'
const lifetimes = { [shortLived]: 1 }

// Two authorization servers: the API trusts the first, and has never heard of the other.
const trusted = await startAuthorizationServer({ scope, lifetimes })
const stranger = await startAuthorizationServer({ scope })
const getToken = await createClient(trusted.issuer)
// A list of audiences: the short-lived one only makes tokens that expire while you watch.
const api = await listen(createServer(createApi(trusted.issuer, [audience, shortLived])))

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
  played.push(await play(await dying, api.origin))
  await trusted.rotateKeys()
  played.push(await play(await rotation(getToken), api.origin))
  played.push(...(await playOutage()))
  await api.stop()

  printTable(played)
  printAnswer(played.find(({ status }) => status === 403) ?? (played[0] as Played))
  const wrong = played.filter(({ isRight }) => !isRight).length
  console.log(
    wrong === 0 ? `\nAll ${played.length} answers are right.` : `\n${wrong} of ${played.length} answers are wrong.`,
  )
  process.exitCode = wrong === 0 ? 0 : 1
}

/** Both servers go down: the API has the keys of the first, while another API starts too late to get those of the second. */
async function playOutage(): Promise<readonly Played[]> {
  const token = await getToken({ scope, resource: audience })
  const latesToken = await (await createClient(stranger.issuer))({ scope, resource: audience })
  await Promise.all([trusted.stop(), stranger.stop()])
  const late = await listen(createServer(createApi(stranger.issuer, [audience])))
  const played = [await play(outageWithKeys(token), api.origin), await play(outageWithoutKeys(latesToken), late.origin)]
  await late.stop()
  return played
}

async function stayUp(): Promise<void> {
  printCurls(api.origin, {
    'a token with orders:read': await getToken({ scope: 'orders:read', resource: audience }),
    'a token with orders:read and orders:write': await getToken({ scope, resource: audience }),
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
