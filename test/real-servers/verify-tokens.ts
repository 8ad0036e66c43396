import type { AccessToken, Guard } from '@tollgate/core'
import type { ProtectOptions } from '@tollgate/core/adapter'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Adapter, adapters } from '../harness/adapters.ts'
import { openApi } from '../harness/api.ts'
import { messagesOn } from '../harness/channel-messages.ts'
import type { CleanUp } from '../harness/listen.ts'

/** One way to protect an API with a server, and tokens that the server issued just now. */
export interface Row {
  readonly protection: ProtectOptions
  /** Default: the scope `read`. */
  readonly guards?: readonly Guard[]
  /** Access tokens for this API, and what the handler must see of them. */
  readonly accepted: Readonly<Record<'machine' | 'person', Accepted>>
  /** The other tokens, by what they are. */
  readonly refused: Readonly<Record<string, Refused>>
}

interface Accepted {
  readonly token: string
  readonly seen: Partial<Pick<AccessToken, 'audience' | 'clientId' | 'kind' | 'subject' | 'subjectType'>>
  readonly scopes: readonly string[]
}

interface Refused {
  readonly token: string
  readonly reason: string
}

/**
 * Defines tests over all adapters with a real server. The server starts once and stops after the tests, also when they
 * fail. Each row obtains tokens of its own.
 */
export function verifyTokens<Server>(
  title: string,
  start: (cleanUp: CleanUp) => Promise<Server>,
  rows: Readonly<Record<string, (server: Server) => Promise<Row>>>,
): void {
  describe(`tokens of ${title}`, () => {
    const works: (() => void | Promise<void>)[] = []
    let server: Server | undefined
    beforeAll(async () => {
      server = await start((work) => void works.unshift(work))
    })
    afterAll(async () => {
      for (const work of works) {
        await work()
      }
    })
    const table = adapters.flatMap((adapter) =>
      Object.entries(rows).map(([row, open]) => ({ adapter, name: `${adapter.name} · ${row}`, open })),
    )
    test.each(table)('$name', async ({ adapter, open }) => expectRow(adapter, await open(server as Server)))
  })
}

/** The third is a header `{}`, and the fourth an encrypted JWT. Some servers respond to them with an error. */
const garbage = [
  '-',
  'a.b.c',
  'e30.x.y',
  'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..x.y.z',
  'a+/~._-==',
  'x'.repeat(4000),
]

async function expectRow(adapter: Adapter, { accepted, refused, ...options }: Row): Promise<void> {
  const refusals = messagesOn('tollgate:refusal')
  const api = await openApi(adapter, options)
  for (const [whose, { token, seen, scopes }] of Object.entries(accepted)) {
    expect(await api.present(token), whose).toBe('OK')
    expect(api.seen(), whose).toMatchObject(seen)
    expect([...(api.seen()?.scopes ?? [])].toSorted(), whose).toEqual(scopes.toSorted())
  }
  for (const [what, { token, reason }] of Object.entries(refused)) {
    expect(token, what).not.toBe('')
    expect([await api.present(token), refusals.at(-1)?.refusal.reason], what).toEqual(['E-TOK', reason])
  }
  for (const token of garbage) {
    expect(await api.present(token), token).toBe('E-TOK')
  }
}

/** The same JWT with another first character of its signature. */
export function tamper(jwt: string): string {
  const at = jwt.lastIndexOf('.') + 1
  return `${jwt.slice(0, at)}${jwt[at] === 'A' ? 'B' : 'A'}${jwt.slice(at + 1)}`
}
