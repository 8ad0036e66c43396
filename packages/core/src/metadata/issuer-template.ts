import { maxUrlLength, parsePlainUrl } from '../http/secure-url.ts'

/** Entra writes this in place of the id of a tenant, in metadata and in keys that several tenants share. */
const placeholder = '{tenantid}'
const maxPlaceholders = 2

/** A placeholder that is one whole segment of the path, or one label of the host before another label. */
const wholePlaceholder = /(?<=[^/]\/)\{tenantid\}(?=\/|$)|(?<=^https?:\/\/(?:[^/]*\.)?)\{tenantid\}(?=\.)/gi
const label = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?/i
const segment = /^[\w.~-]+/

/**
 * Whether `template` is a URL with `{tenantid}` for which the name of the issuer has exactly one path segment, or one
 * host label. With two placeholders, both stand for the same tenant. Everything else must be identical. A template
 * without a placeholder matches no name.
 */
export function matchesTemplate(template: string, name: string): boolean {
  const parts = template.split(placeholder)
  const [before = ''] = parts
  const placeholders = parts.length - 1
  if (template.length > maxUrlLength || placeholders < 1 || placeholders > maxPlaceholders) {
    return false
  }
  if (template.match(wholePlaceholder)?.length !== placeholders) {
    return false
  }
  // The URL parser spells out dot segments, so that such a template or name is no plain URL.
  if (parsePlainUrl(parts.join('tenant')) === undefined || parsePlainUrl(name) === undefined) {
    return false
  }
  const isInHost = /^https?:\/\/[^/]*$/i.test(before)
  const [tenant] = (isInHost ? label : segment).exec(name.slice(before.length)) ?? []
  return tenant !== undefined && parts.join(tenant) === name
}

/** Whether a document or a key that states `stated` belongs to the issuer of this name. */
export function isStatedFor(stated: string, name: string): boolean {
  return stated === name || matchesTemplate(stated, name)
}
