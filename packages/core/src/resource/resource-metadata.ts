import type { DpopSettings } from '../constraints/dpop/dpop-options.ts'
import type { MtlsSettings } from '../constraints/mtls/mtls-options.ts'
import type { CredentialSource } from '../request/credential-sources.ts'
import type { ResourceSettings } from './resource-options.ts'
import { metadataPathsOf, metadataUrlOf } from './well-known.ts'

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

/** The metadata of a protected resource (RFC 9728). */
export interface ResourceMetadata {
  /** The URL of the document, for challenges. */
  readonly url: string
  /** The request targets of the document. */
  readonly paths: readonly string[]
  /** Adds scopes that a guard demands. */
  readonly noteScopes: (scopes: readonly string[]) => void
  /** The document at this moment (§2). Members without a value are absent (§3.2). */
  readonly document: () => Readonly<Record<string, unknown>>
}

/** A guard of a request can have any scope. */
const maxScopes = 1000
/** It concerns refresh tokens, and is no scope of a resource. */
const notForResources = 'offline_access'

export function createResourceMetadata(context: ResourceContext): ResourceMetadata {
  const { resource, issuers, credentials, formBody, dpop, mtls } = context
  const noted = new Set<string>()

  function scopes(): readonly string[] {
    return (resource.scopes ?? [...noted].toSorted()).filter((scope) => scope !== notForResources)
  }

  return {
    url: metadataUrlOf(resource.url),
    paths: metadataPathsOf(resource.url),
    noteScopes: (names) => {
      for (const name of names) {
        if (noted.size < maxScopes) {
          noted.add(name)
        }
      }
    },
    document: () =>
      withoutAbsent({
        resource: resource.url,
        authorization_servers: listOf(issuers.filter((issuer) => /^https?:/i.test(issuer))),
        scopes_supported: listOf(scopes()),
        bearer_methods_supported: [
          ...(credentials.includes('authorization') ? ['header'] : []),
          ...(formBody === 'accepted' ? ['body'] : []),
        ],
        resource_name: resource.name,
        resource_documentation: resource.documentation,
        resource_policy_uri: resource.policy,
        resource_tos_uri: resource.termsOfService,
        dpop_signing_alg_values_supported: dpop.mode === 'off' ? undefined : dpop.algorithms,
        dpop_bound_access_tokens_required: dpop.mode === 'required' ? true : undefined,
        tls_client_certificate_bound_access_tokens: mtls.mode === 'off' ? undefined : true,
      }),
  }
}

function listOf(items: readonly string[]): readonly string[] | undefined {
  return items.length === 0 ? undefined : items
}

function withoutAbsent(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
