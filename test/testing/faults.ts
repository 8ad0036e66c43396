import { AssertionError } from 'node:assert'

/** The routes that `expectProtected` reports, as `GET /orders`, without the reasons. Empty when it reports none. */
export async function faultsOf(check: Promise<unknown>): Promise<readonly string[]> {
  try {
    await check
    return []
  } catch (error) {
    if (!(error instanceof AssertionError)) {
      throw error
    }
    return (error.actual as readonly string[]).map((fault) =>
      fault.replace(/ (responds|cannot|does not|trusts) .*$/, ''),
    )
  }
}

export const trust = { issuer: 'https://as.example', audience: 'https://api.example' }
