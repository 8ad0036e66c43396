import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { Agent } from 'undici'
import { lookupFor } from '../../http/connections.ts'
import { createHolders } from '../../http/holders.ts'
import type { Addresses } from '../../http/public-address.ts'
import { expectOptions, expectText, invalidOption } from '../../lib/invalid-option.ts'
import { type ClientAuthentication, defineClientAuthentication, type OwnConnections } from './client-authentication.ts'

/** Our client certificate and its key, as PEM. */
export interface ClientCertificate {
  readonly cert: string | Buffer
  readonly key: string | Buffer
  readonly passphrase?: string | undefined
  /** The CA that issued the server's certificate, when it is a private one. Default: those that Node trusts. */
  readonly ca?: string | Buffer | undefined
}

/**
 * `tls_client_auth` and `self_signed_tls_client_auth` (RFC 8705 §2): the certificate of the connection says who we are.
 * Asks the endpoint among the server's `mtls_endpoint_aliases` when there is one (§5). Without a certificate here, the
 * validator's `dispatcher` is expected to show it; with one, the calls have connections of their own, and do not pass that dispatcher:
 * make it once, and not in the `issuer` function.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for a certificate or key that cannot be read.
 */
export function tlsClientAuth(clientId: string, certificate?: ClientCertificate): ClientAuthentication {
  expectText(clientId, 'clientId')
  const parameters = { client_id: clientId }
  const connections = certificate === undefined ? undefined : connectionsWith(certificate)
  return defineClientAuthentication({ method: 'tls_client_auth', clientId }, () => ({
    present: () => ({ parameters }),
    ...(connections === undefined ? {} : { connections }),
  }))
}

function connectionsWith(certificate: ClientCertificate): OwnConnections {
  expectOptions(certificate, 'the client certificate', ['cert', 'key', 'passphrase', 'ca'])
  if (![certificate.cert, certificate.key].every(isText)) {
    throw invalidOption('Expected the client certificate to have both `cert` and `key`, as PEM')
  }
  const connect = Object.fromEntries(Object.entries(certificate).filter(([, value]) => value !== undefined))
  expectReadable(connect)
  let agents: Partial<Record<Addresses, Agent>> = {}
  const { hold, isHeld } = createHolders(() => {
    agents = {}
    return () => Object.values(agents).forEach((agent) => void agent.destroy())
  })

  /** What is still under way when they are closed gets some that are closed as well. */
  function open(network: Addresses): Agent {
    const agent = new Agent({ connect: { ...connect, ...lookupFor(network) } })
    if (!isHeld()) {
      void agent.destroy()
    }
    return agent
  }

  return { dispatcher: (network) => (agents[network] ??= open(network)), hold }
}

function isText(pem: unknown): boolean {
  return (typeof pem === 'string' || pem instanceof Uint8Array) && pem.length > 0
}

function expectReadable(options: SecureContextOptions): void {
  try {
    createSecureContext(options)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable'
    throw invalidOption(`Expected \`cert\` and \`key\` to be a certificate and its private key as PEM (${code})`)
  }
}
