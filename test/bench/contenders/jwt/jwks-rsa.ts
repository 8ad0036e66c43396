/** The options of jwks-rsa as its README has them. */
export interface Remote {
  readonly jwksUri: string
  readonly cache: true
  readonly rateLimit: true
  readonly jwksRequestsPerMinute: number
}

export function remoteKeys(jwksUri: string): Remote {
  return { jwksUri, cache: true, rateLimit: true, jwksRequestsPerMinute: 5 }
}
