import { expectFetchedUrl } from '../http/expect-fetched-url.ts'
import { invalidOption } from '../lib/invalid-option.ts'

/** Where the metadata of an issuer is. */
export interface MetadataSource {
  /** The name of the issuer. It need not be a URL where `url` is given. */
  readonly issuer: string
  /** The configured URL. Only this URL is fetched. `undefined`: the well-known URLs of the name. */
  readonly url: string | undefined
  /** The deadline of the whole discovery, in milliseconds. */
  readonly timeout: number
}

/** The identity of a source in the names of shared documents. */
export function formatSource({ issuer, url, timeout }: MetadataSource): readonly unknown[] {
  return [issuer, url ?? '', timeout]
}

/** Checks the option `metadata` of an issuer. */
export function expectMetadata(metadata: unknown): string | undefined {
  const expected = 'the URL of the metadata, such as https://as.example/.well-known/openid-configuration'
  return metadata === undefined ? undefined : expectFetchedUrl(metadata, 'metadata', expected)
}

/** Checks that something reads the option `metadata`. */
export function expectMetadataUse(metadata: string | undefined, isDiscovered: boolean): void {
  if (metadata !== undefined && !isDiscovered) {
    throw invalidOption(
      'Expected `metadata` only where something is discovered: without `keys` and `secret`, or with `introspection` without `endpoint`',
    )
  }
}
