import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { target } from '../contenders/dpop.ts'
import type { World } from '../world.ts'

/** Clients with an ES256 key and a bound token each. */
export interface Clients {
  /** Makes so many proofs, of the clients in turn. Each line is a token and a proof, which can be used for 60 s. */
  readonly lines: (count: number) => readonly string[]
}

export async function createClients(world: World, count: number): Promise<Clients> {
  const clients = await Promise.all(Array.from({ length: count }, async () => createClient(world)))
  return { lines: (total) => Array.from({ length: total }, (_, index) => clients[index % count]?.() ?? '') }
}

async function createClient(world: World): Promise<() => string> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' }) as JWK
  const token = await world.token({ jti: randomUUID(), cnf: { jkt: await calculateJwkThumbprint(jwk) } })
  const ath = createHash('sha256').update(token).digest('base64url')
  const header = encode({ typ: 'dpop+jwt', alg: 'ES256', jwk })

  return () => {
    const iat = Math.floor(Date.now() / 1000)
    const htu = `${target.origin}${target.path}`
    return `${token} ${signed(`${header}.${encode({ jti: randomUUID(), htm: 'GET', htu, iat, ath })}`, privateKey)}`
  }
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

function signed(input: string, key: KeyObject): string {
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}
