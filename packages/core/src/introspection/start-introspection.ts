import type { IntrospectedClaims } from '../access-token.ts'
import type { SharedAnswers } from './shared-cache.ts'
import type { VerdictStore } from './response-cache.ts'
import type { DocumentHealth } from '../http/document-health.ts'
import type { Holdings } from '../http/holdings.ts'
import type { Outside } from '../http/shared-documents.ts'
import type { KeySource } from '../keys/key-source.ts'
import { discoveredEndpoint } from '../metadata/discovered-endpoint.ts'
import { endpointMember, startClient } from './client-authentication/client-authentication.ts'
import { createAsk } from './introspection-request.ts'
import { createIntrospection, type Introspection } from './introspector.ts'
import { createMemory } from './introspection-cache.ts'
import type { IntrospectionSettings } from './introspection-options.ts'
import { type CircuitsHealth, restrained } from './upstream-limits.ts'

/** What the issuers of a validator share. */
export interface Remembering {
  readonly verdicts: VerdictStore<IntrospectedClaims>
  readonly shared: SharedAnswers | undefined
  readonly cacheMode: 'memory' | 'off'
  /** Milliseconds. */
  readonly clockTolerance: number
}

/** The same, and what belongs to one issuer. */
export interface IssuerOutside extends Remembering, Outside {
  readonly keys: KeySource
  readonly holdings: Holdings
}

/** Introspection at work. */
export interface StartedIntrospection extends Introspection {
  /** Resolves when the endpoint is known. */
  readonly ready: () => Promise<unknown>
  readonly health: () => IntrospectionHealth
}

export interface IntrospectionHealth {
  /** Of the metadata that names the endpoint; `undefined` when it is configured. */
  readonly metadata: DocumentHealth | undefined
  /** How freely the endpoint is asked: about tokens that were active before, and about those that nobody knows. */
  readonly circuits: CircuitsHealth
}

/** Puts the parts of introspection together: who asks, how, with what restraint, and what is remembered. */
export function startIntrospection(
  settings: IntrospectionSettings,
  { issuer, audience }: { readonly issuer: string; readonly audience: readonly string[] },
  outside: IssuerOutside,
): StartedIntrospection {
  const { response: answers, timeout, endpoint } = settings
  const { clock, keys, label } = outside
  const client = startClient(settings.client)
  const { clientId } = settings.client
  const member = endpointMember(settings.client)
  const discovered = endpoint === undefined ? discoveredEndpoint(issuer, member, outside) : undefined
  const findEndpoint = async (): Promise<string> => (await discovered?.current())?.endpoint ?? endpoint ?? ''
  for (const thing of [discovered, client.connections].filter((one) => one !== undefined)) {
    outside.holdings.hold(thing)
  }
  const ask = createAsk({
    ...settings,
    answers,
    client,
    endpoint: findEndpoint,
    signer: { issuer, keys, recipients: [...(clientId === undefined ? [] : [clientId]), ...audience] },
    outside,
  })
  const asking = restrained(ask, { clock, patience: timeout, label })
  const namespace = [issuer, endpoint ?? '', client.identity, answers.as, audience]
  const times = outside.cacheMode === 'off' ? { cacheFor: 0, cacheInactiveFor: 0 } : settings
  return {
    ...createIntrospection(createMemory({ ...times, ...outside, namespace }), asking, clock),
    ready: findEndpoint,
    health: () => ({ metadata: discovered?.health(), circuits: asking.health() }),
  }
}
