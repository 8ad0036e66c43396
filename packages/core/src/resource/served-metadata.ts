import { warnOfMisconfiguration } from '../diagnostics/channels.ts'
import { resolvedLabel } from '../issuers/issuer.ts'
import type { Clock } from '../lib/clock.ts'
import { invalidOption } from '../lib/invalid-option.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { offlineAccess } from '../responses/challenge.ts'
import { type MetadataResponse, toMetadataResponse } from './metadata-response.ts'
import { createResourceMetadata, type PublishedDemands, type ResourceContext } from './resource-metadata.ts'
import type { ResourceSettings } from './resource-options.ts'
import { createSignMetadata } from './signed-metadata.ts'
import { isMetadataTarget, metadataPathsOf, metadataUrlOf } from './well-known.ts'

/** The response to a request for the metadata. `undefined` at once for a request for anything else. */
export type RespondWithMetadata = (
  request: Pick<HttpRequest, 'method' | 'url'>,
) => Promise<MetadataResponse> | undefined

/** The metadata of one validator, and whether clients can get it. */
export interface ServedMetadata {
  /** The URL for challenges. `undefined` unless it is served, or the developer gave the resource. */
  readonly url: () => string | undefined
  readonly noteDemands: (demands: PublishedDemands) => void
  /** Whether it is served at this request target. */
  readonly isAt: (url: string) => boolean
  /** From now on, challenges name the URL. Throws a `TypeError` without a resource. */
  readonly serve: () => RespondWithMetadata
}

/** The configuration of a validator. */
interface ServedContext extends Omit<ResourceContext, 'resource'> {
  /** `undefined` if the developer gave none, and no audience or several are URLs. */
  readonly resource: ResourceSettings | undefined
  readonly clock: Clock
}

export function createServedMetadata(context: ServedContext): ServedMetadata {
  const { resource, issuers, clock } = context
  const metadata = resource && createResourceMetadata({ ...context, resource })
  const sign = resource?.signingKey && createSignMetadata(resource.signingKey, resource.signingIssuer, clock)
  const paths = resource === undefined ? [] : metadataPathsOf(resource.url)
  const url = resource && metadataUrlOf(resource.url)
  const warnOfScopes = createWarnOfScopes(issuers[0] ?? resolvedLabel)
  let isServed = false
  warnOfScopes(resource?.scopes)

  async function read(): Promise<string> {
    const document = metadata?.document() ?? {}
    return JSON.stringify(sign === undefined ? document : { ...document, signed_metadata: await sign(document) })
  }

  return {
    url: () => (isServed || resource?.source === 'option' ? url : undefined),
    isAt: (target) => isServed && isMetadataTarget(target, paths),
    noteDemands: (demands) => {
      warnOfScopes(demands.scopes)
      metadata?.noteDemands(demands)
    },
    serve: () => {
      if (resource === undefined) {
        throw invalidOption(
          "Expected `resource`, such as 'https://api.example.com', because its metadata names it: no `audience`, or more than one, is a URL on https (or http on loopback)",
        )
      }
      isServed = true
      return (request) => (isMetadataTarget(request.url, paths) ? toMetadataResponse(request.method, read) : undefined)
    },
  }
}

/** Warns once of a scope that is left out of the metadata and of the challenges. */
function createWarnOfScopes(issuer: string): (scopes: readonly string[] | undefined) => void {
  let isEmitted = false
  return (scopes) => {
    if (!isEmitted && scopes?.includes(offlineAccess) === true) {
      isEmitted = true
      const message = `Expected the scopes of the API without \`${offlineAccess}\`, because it asks the authorization server for a refresh token, and is no scope of a resource. It is left out of the metadata and of the challenges`
      warnOfMisconfiguration({ event: 'offline-access', issuer, message })
    }
  }
}
