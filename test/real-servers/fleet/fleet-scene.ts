import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { audience } from '../../harness/constants.ts'
import { jws, keyPair } from '../../harness/jws.ts'
import { json } from '../../harness/responses.ts'
import { claimsOf, openScriptedIssuer, type ScriptedIssuer } from '../../harness/scripted-issuer.ts'
import { startRedis, type RedisServer } from '../redis.ts'
import { type FleetProcess, type FleetSettings, startFleet } from './fleet-processes.ts'

const { jwk, privateKey } = keyPair('P-256')

export interface FleetScene {
  readonly issuer: ScriptedIssuer
  readonly redis: RedisServer
  readonly settings: FleetSettings
  readonly processes: readonly FleetProcess[]
  /** The process of each introspection, in order. */
  readonly introspectedBy: readonly string[]
  /** A JWT of the issuer, with these changes. */
  readonly jwt: (changes?: Readonly<Record<string, unknown>>) => string
}

/** A fleet over one Redis. Its issuer calls every opaque token active, after so many milliseconds. */
export async function openScene(count: number, delay = 0, changes: Partial<FleetSettings> = {}): Promise<FleetScene> {
  const issuer = await openScriptedIssuer([{ ...jwk, kid: 'k' }])
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
    redis: `redis://127.0.0.1:${redis.port}`,
    secrets: ['a secret for the tests of the fleet, and for nothing else'],
    ...changes,
  }
  return { issuer, redis, settings, processes: await startFleet(count, settings), introspectedBy, jwt }

  function jwt(claimed: Readonly<Record<string, unknown>> = {}): string {
    const claims = claimsOf(issuer.url, { iat: now() - 60, exp: now() + 3600, ...claimed })
    return jws({ alg: 'ES256', kid: 'k' }, claims, privateKey, 'ES256')
  }
}

/** Seconds since the epoch. */
function now(): number {
  return Math.floor(Date.now() / 1000)
}
