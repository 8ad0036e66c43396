import type { AccessToken } from '../access-token.ts'
import type { Findings } from '../diagnostics/findings.ts'
import type { Outcomes } from '../diagnostics/outcomes.ts'
import type { Guard } from '../guards/guard.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { type AnyRequest, toHttpRequest } from '../request/to-http-request.ts'
import { acceptancesOf, noteAcceptance, validatedOf } from '../request-token.ts'
import { invalidToken } from '../responses/refusal.ts'
import type { RevocationCheck } from '../revocation/verify-revocations.ts'
import type { Pipeline } from '../pipeline.ts'

/** What a lease needs of its validator. Each function reports its error as that of a request. */
export interface LeaseTokens {
  /** The shortest demand `active` of the guards that accepted the token, in milliseconds. */
  readonly activeWithin: (token: AccessToken) => number | undefined
  /** The issuer confirms the token, and the guards accept the new response. Resolves with the token that counts. */
  readonly confirmed: (token: AccessToken, within: number) => Promise<AccessToken>
  /** A fresh token in place of this one. */
  readonly renewed: (token: AccessToken, credentials: string | AnyRequest) => Promise<AccessToken>
  readonly verifyRevocations: (token: AccessToken) => Promise<void>
}

interface Parts {
  readonly pipeline: Pipeline<unknown>
  readonly outcomes: Pick<Outcomes, 'report'>
  readonly revocations: RevocationCheck
  readonly expectOpen: () => void
  /** The guard of a route without guards. */
  readonly anyGuard: () => Guard
}

/** A guard that accepted the token, for a request. */
interface Layer {
  readonly guard: Guard
  readonly request: HttpRequest | undefined
}

export function createLeaseTokens({ pipeline, outcomes, revocations, expectOpen, anyGuard }: Parts): LeaseTokens {
  const layersOf = (token: AccessToken): readonly Layer[] => {
    const layers = acceptancesOf(token) as readonly Layer[]
    return layers.length === 0 ? [{ guard: anyGuard(), request: undefined }] : layers
  }

  function report(
    operation: 'authenticate' | 'authorize',
    { guard, request }: Layer,
    work: (findings: Findings) => Promise<AccessToken>,
  ): Promise<AccessToken> {
    const prepare = (): Guard => {
      expectOpen()
      return guard
    }
    return outcomes.report(operation, request, prepare, (_, findings) => work(findings))
  }

  /** Every guard that accepted the token of the connection must accept this one. */
  async function authorize(
    token: AccessToken | undefined,
    layers: readonly Layer[],
    within?: number,
  ): Promise<AccessToken> {
    let authorized = token
    for (const { guard, request } of layers) {
      const demands = within === undefined ? guard.demands : { ...guard.demands, activeWithin: within }
      // oxlint-disable-next-line no-await-in-loop -- each layer sees the token of the one before
      authorized = (await pipeline.authorize(authorized, request, { ...guard, demands })) as AccessToken
    }
    if (authorized !== undefined && acceptancesOf(authorized).length === 0) {
      layers.forEach((layer) => noteAcceptance(authorized, layer))
    }
    return authorized as AccessToken
  }

  return {
    activeWithin: (token) => {
      const demands = layersOf(token).flatMap(({ guard }) => guard.demands.activeWithin ?? [])
      return demands.length === 0 ? undefined : Math.min(...demands)
    },
    confirmed: async (token, within) => {
      const layers = layersOf(token)
      return report('authorize', layers[0] as Layer, async () => authorize(token, layers, within))
    },
    renewed: async (token, credentials) => {
      const layers = layersOf(token)
      return report('authenticate', layers[0] as Layer, async (findings) => {
        findings.argument = credentials
        const fresh = (await (typeof credentials === 'string' || isPlain(credentials)
          ? pipeline.validate(credentials, findings)
          : pipeline.authenticate(toHttpRequest(credentials), findings))) as AccessToken | undefined
        if (fresh !== undefined) {
          expectSameOwner(fresh, token)
        }
        const authorized = await authorize(fresh, layers)
        // A revocation can have come while the guards waited.
        await revocations.verify(validatedOf(authorized), authorized.raw())
        return authorized
      })
    },
    verifyRevocations: async (token) => {
      if (!revocations.passes(validatedOf(token), token.raw())) {
        await report('authorize', layersOf(token)[0] as Layer, async () => {
          await revocations.verify(validatedOf(token), token.raw())
          return token
        })
      }
    },
  }
}

/** A message that was parsed as JSON is no request, and no token: its sender could invent the headers. */
function isPlain(value: object): boolean {
  return [Object.prototype, Array.prototype, null].includes(Object.getPrototypeOf(value) as object | null)
}

/** A connection must not pass to another subject, to another client, or to a sender without the key. */
function expectSameOwner(fresh: AccessToken, token: AccessToken): void {
  const isSame =
    fresh.issuer === token.issuer &&
    fresh.subject === token.subject &&
    fresh.clientId === token.clientId &&
    fresh.confirmation?.jkt === token.confirmation?.jkt &&
    fresh.confirmation?.['x5t#S256'] === token.confirmation?.['x5t#S256']
  if (!isSame) {
    throw invalidToken('other-owner', ['sub', 'client_id', 'cnf'])
  }
}
