/** An API that accepts DPoP, and a client with a key. */
import type { DpopOptions } from '@tollgate/core'
import { createSenderClient, type SenderClient } from '@tollgate/mock-issuer'
import type { Adapter } from './adapters.ts'
import { openReference, type Reference, type ReferenceOptions } from './reference.ts'
import type { ResultCode } from './result-code.ts'
import type { Received } from './send.ts'

/** The origin of `htu` in the tests. Requests go to loopback, as behind a proxy. */
export const apiOrigin = 'https://api.example'

export interface DpopApi extends Reference {
  readonly client: SenderClient
  /** A token that is bound to the key of the client. */
  readonly bound: (claims?: Record<string, unknown>) => Promise<string>
  /** Sends a token under the scheme DPoP, with this proof. Default: a correct proof. */
  readonly presentBound: (token: string, proof?: string | ProofChanges) => Promise<ResultCode>
  /** The whole response to the same. */
  readonly sendBound: (token: string, proof?: string | ProofChanges) => Promise<Received>
}

interface ProofChanges {
  readonly claims?: Record<string, unknown>
  readonly header?: Record<string, unknown>
  readonly nonce?: string
}

export const dpopDefaults: DpopOptions = { mode: 'accepted', algorithms: ['ES256', 'PS256'] }

export async function openDpopApi(
  adapter: Adapter,
  dpop: Partial<DpopOptions> = {},
  options: ReferenceOptions = {},
): Promise<DpopApi> {
  const api = await openReference(adapter, {
    ...options,
    protect: { origin: apiOrigin, dpop: { ...dpopDefaults, ...dpop }, ...options.protect },
  })
  const client = await createSenderClient({ clock: api.issuer.clock })
  const headersOf = async (token: string, proof: string | ProofChanges = {}) => {
    const text =
      typeof proof === 'string'
        ? proof
        : await client.proof({ method: 'GET', url: `${apiOrigin}/items`, token, ...proof })
    return [['Authorization', `DPoP ${token}`] as const, ['DPoP', text] as const]
  }
  return {
    ...api,
    client,
    bound: (claims = {}) => api.token({ cnf: client.cnf, ...claims }),
    presentBound: async (token, proof) => api.outcome({ headers: await headersOf(token, proof) }),
    sendBound: async (token, proof) => api.send({ headers: await headersOf(token, proof) }),
  }
}
