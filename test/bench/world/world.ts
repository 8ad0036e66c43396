import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import type { AuthoritySetting } from './authority.ts'
import { audience, mint } from './tokens.ts'

export const algorithms = ['RS256', 'ES256', 'EdDSA', 'PS256'] as const
export type Algorithm = (typeof algorithms)[number]

/** Whose tokens somebody is to accept. */
export interface Setting {
  readonly issuer: string
  readonly jwksUri: string
  readonly audience: string
  readonly algorithm: Algorithm
}

/** What all are measured against: one authorization server, and the same tokens for everybody. */
export interface World {
  /** Where the authorization server is. */
  readonly url: string
  /** For the tokens of the issuer who signs so. */
  readonly settingOf: (algorithm: Algorithm) => Setting
  /** A file with so many tokens of that issuer, one a line, each of its own `jti` and `sub`; minted once for each `purpose`. */
  readonly tokensOf: (algorithm: Algorithm, purpose: string, count: number) => Promise<string>
  /** The private key, for those who mint by themselves. */
  readonly keyOf: (algorithm: Algorithm) => JWK
  readonly close: () => Promise<void>
}

export async function createWorld(): Promise<World> {
  const keys = Object.fromEntries(
    await Promise.all(algorithms.map(async (algorithm) => [algorithm, await createKey(algorithm)] as const)),
  ) as Record<Algorithm, JWK>
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'))
  const authority = fork(new URL('authority.ts', import.meta.url))
  authority.send({
    keys: Object.fromEntries(algorithms.map((algorithm) => [algorithm, [publicPartOf(keys[algorithm])]])),
  } satisfies AuthoritySetting)
  const [{ url }] = (await once(authority, 'message')) as [{ readonly url: string }]
  const files = new Map<string, Promise<string>>()

  function settingOf(algorithm: Algorithm): Setting {
    const issuer = `${url}/${algorithm}`
    return { issuer, jwksUri: `${issuer}/jwks.json`, audience, algorithm }
  }

  async function write(file: string, algorithm: Algorithm, purpose: string, count: number): Promise<string> {
    await writeFile(file, (await mint(settingOf(algorithm).issuer, keys[algorithm], count, purpose)).join('\n'))
    return file
  }

  function tokensOf(algorithm: Algorithm, purpose: string, count: number): Promise<string> {
    const file = join(folder, `${algorithm}-${purpose}-${count}.txt`)
    const written = files.get(file) ?? write(file, algorithm, purpose, count)
    files.set(file, written)
    return written
  }

  async function close(): Promise<void> {
    authority.disconnect()
    await once(authority, 'exit')
    await rm(folder, { recursive: true, force: true })
  }

  return { url, settingOf, tokensOf, keyOf: (algorithm) => keys[algorithm], close }
}

async function createKey(algorithm: Algorithm): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  return { ...(await exportJWK(privateKey)), alg: algorithm, use: 'sig', kid: `${algorithm}-1` }
}

/** A private JWK differs from the public one by what is left out. */
export function publicPartOf({ d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...rest }: JWK): JWK {
  return rest
}
