import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { audience } from '../harness/constants.ts'
import { json } from '../harness/responses.ts'
import { openScriptedIssuer, type ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { startRedis, type RedisServer } from '../harness/redis-servers.ts'
import { type FleetProcess, type FleetSettings, openFleet } from './open-fleet.ts'

export interface FleetScene {
  readonly issuer: ScriptedIssuer
  readonly redis: RedisServer
  readonly settings: FleetSettings
  readonly processes: readonly FleetProcess[]
  /** The process of each introspection, in order. */
  readonly introspectedBy: readonly string[]
}

/** A fleet over one Redis. Its issuer calls every opaque token active, after so many milliseconds. */
export async function openScene(
  count: number,
  delay = 0,
  changes: Partial<FleetSettings> = {},
): Promise<FleetScene> {
  const issuer = await openScriptedIssuer()
  issuer.introspect = () => issuer.active({ iat: now() - 60, exp: now() + 3600 })
  const introspectedBy: string[] = []
  issuer.routes['/introspect'] = async (request, response) => {
    introspectedBy.push(String(request.headers['x-process']))
    const result = issuer.introspect('')
    await sleep(delay)
    json(result)(request, response)
  }
  const redis = await startRedis(onTestFinished)
  const settings: FleetSettings = {
    issuer: issuer.url,
    audience,
    client: { id: 'api', secret: 'secret' },
    redis: redis.url,
    secrets: ['a secret for the tests of the fleet, and for nothing else'],
    ...changes,
  }
  return { issuer, redis, settings, processes: await openFleet(count, settings), introspectedBy }
}

/** Seconds since the epoch. */
function now(): number {
  return Math.floor(Date.now() / 1000)
}
