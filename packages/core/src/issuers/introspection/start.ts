import type { IntrospectedClaims } from '../../access-token.ts'
import type { SharedAnswers } from '../../cache/shared-answers.ts'
import type { VerdictStore } from '../../cache/verdict-store.ts'
import type { Outside } from '../../http/shared.ts'
import type { KeySource } from '../../keys/key-source.ts'
import { discoveredEndpoint } from '../../metadata/discovered-endpoint.ts'
import { endpointMember, startClient } from '../client-authentication/client-authentication.ts'
import { createAsk } from './ask.ts'
import { createIntrospection, type Introspection } from './introspection.ts'
import { createMemory } from './memory.ts'
import type { IntrospectionSettings } from './options.ts'
import { restrained } from './restrained.ts'

/** What the issuers of a validator share. */
export interface ValidatorOutside extends Outside {
  readonly verdicts: VerdictStore<IntrospectedClaims>
  readonly shared: SharedAnswers | undefined
  /** Milliseconds. */
  readonly clockTolerance: number
}

/** The same, and what belongs to one issuer. */
export interface IssuerOutside extends ValidatorOutside {
  readonly keys: KeySource
}

/** Puts the parts of introspection together: who asks, how, with what restraint, and what is remembered. */
export function startIntrospection(
  settings: IntrospectionSettings,
  { issuer, audience }: { readonly issuer: string; readonly audience: readonly string[] },
  outside: IssuerOutside,
): Introspection {
  const { answers, timeout, endpoint } = settings
  const { clock, keys } = outside
  const client = startClient(settings.client)
  const { clientId } = settings.client
  const discovered = discoveredEndpoint(issuer, endpointMember(settings.client), outside)
  const ask = createAsk({
    ...settings,
    client,
    endpoint: endpoint === undefined ? discovered.current : async () => endpoint,
    signer: { issuer, keys, recipients: [...(clientId === undefined ? [] : [clientId]), ...audience] },
    dispatcher: outside.dispatcher,
    clock,
  })
  const namespace = [issuer, endpoint ?? '', client.identity, answers.as, audience]
  return createIntrospection(
    createMemory({ ...settings, ...outside, namespace }),
    restrained(ask, clock, timeout),
    clock,
  )
}
