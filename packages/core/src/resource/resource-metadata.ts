import type { DpopSettings } from '../constraints/dpop/dpop-options.ts'
import type { MtlsSettings } from '../constraints/mtls/mtls-options.ts'
import type { Demands } from '../guards/guard.ts'
import type { CredentialSource } from '../request/credential-sources.ts'
import { withoutOfflineAccess } from '../responses/challenge.ts'
import type { ResourceSettings } from './resource-options.ts'

/** The configuration from which the metadata follows, so that the document and the behaviour cannot disagree. */
export interface ResourceContext {
  readonly resource: ResourceSettings
  /** The listed issuers. */
  readonly issuers: readonly string[]
  readonly credentials: readonly CredentialSource[]
  readonly formBody: 'ignored' | 'accepted'
  readonly dpop: Pick<DpopSettings, 'mode' | 'algorithms'>
  readonly mtls: Pick<MtlsSettings, 'mode'>
}

/** The members of the metadata. A member without a value is absent (RFC 9728 §3.2). */
export type MetadataDocument = Readonly<Record<string, unknown>>

/** The demands of guards that are in the metadata. */
export type PublishedDemands = Pick<Demands, 'scopes' | 'authorizationDetails'>

/** The metadata of a protected resource (RFC 9728 §2). */
export interface ResourceMetadata {
  /** Adds the demands of a guard. */
  readonly noteDemands: (demands: PublishedDemands) => void
  /** The document at this moment. */
  readonly document: () => MetadataDocument
}

/** A guard of a request can have any scope. */
const maxNames = 1000

export function createResourceMetadata(context: ResourceContext): ResourceMetadata {
  const { resource, issuers, credentials, formBody, dpop, mtls } = context
  const scopes = new Set<string>()
  const authorizationDetails = new Set<string>()

  return {
    noteDemands: (demands) => {
      note(scopes, demands.scopes)
      note(authorizationDetails, demands.authorizationDetails)
    },
    document: () =>
      withoutAbsent({
        resource: resource.url,
        authorization_servers: resource.authorizationServers ?? listOf(issuers.filter((url) => /^https?:/i.test(url))),
        scopes_supported: listOf(withoutOfflineAccess(resource.scopes ?? [...scopes].toSorted())),
        bearer_methods_supported: [
          ...(credentials.includes('authorization') ? ['header'] : []),
          ...(formBody === 'accepted' ? ['body'] : []),
        ],
        resource_name: resource.name,
        resource_documentation: resource.documentation,
        resource_policy_uri: resource.policy,
        resource_tos_uri: resource.termsOfService,
        authorization_details_types_supported: listOf([...authorizationDetails].toSorted()),
        dpop_signing_alg_values_supported: dpop.mode === 'off' ? undefined : dpop.algorithms,
        dpop_bound_access_tokens_required: dpop.mode === 'required' ? true : undefined,
        tls_client_certificate_bound_access_tokens: mtls.mode === 'off' ? undefined : true,
      }),
  }
}

function note(names: Set<string>, further: readonly string[] = []): void {
  for (const name of further) {
    if (names.size < maxNames) {
      names.add(name)
    }
  }
}

function listOf(items: readonly string[]): readonly string[] | undefined {
  return items.length === 0 ? undefined : items
}

function withoutAbsent(members: MetadataDocument): MetadataDocument {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
