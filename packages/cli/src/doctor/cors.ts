import { type FoundMetadata, pageOrigin } from './metadata.ts'
import type { CheckReport } from './report.ts'

/** Whether a page can read the metadata, which clients in a browser need. An API needs no CORS at the issuer. */
export function checkCors({ response }: FoundMetadata): CheckReport {
  if (response === undefined) {
    return { check: 'cors', state: 'skipped', found: 'no metadata' }
  }
  const allowed = response.headers['access-control-allow-origin']
  return allowed === '*' || allowed === pageOrigin
    ? { check: 'cors', state: 'passed', found: 'a client in a browser can read the metadata' }
    : {
        check: 'cors',
        state: 'warning',
        found: 'a client in a browser cannot read the metadata (no Access-Control-Allow-Origin for every origin)',
        fix: 'Your API does not need it. If a client runs in a browser, allow its origin at the issuer.',
      }
}
