import { readFileSync } from 'node:fs'
import { libraries as jwt, type Verify } from './contenders/jwt.ts'
import { libraries as opaque } from './contenders/opaque.ts'
import type { Setting } from './world.ts'

/** A library in this process, and the setting of its issuer. */
export interface Library {
  readonly kind: 'jwt' | 'opaque'
  readonly name: string
  readonly setting: Setting
}

let started: Verify | undefined

/** Presents the tokens of a file in turn to the only library of this process. Resolves with the total seconds. */
export async function present(library: Library, file: string, count: number, inFlight: number): Promise<number> {
  const { kind, name, setting } = library
  const verify = (started ??= (kind === 'jwt' ? jwt : opaque)[name]?.(setting) as Verify)
  const tokens = readFileSync(file, 'latin1').split('\n')
  const headers = tokens.map((token) => Buffer.from(`Bearer ${token}`))
  let next = 0
  const presentInTurn = async (): Promise<void> => {
    while (next < count) {
      const header = headers[next++ % headers.length]
      // Each request has a new string, as in a server. The only request to a hanging endpoint is rejected.
      await verify(header?.toString('latin1') ?? '').catch((error: unknown) => count > 1 && Promise.reject(error))
    }
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: inFlight }, presentInTurn))
  return (performance.now() - start) / 1000
}
