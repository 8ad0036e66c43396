import { createSecureContext } from 'node:tls'
import { types } from 'node:util'
import { type ClientCertificateOptions, createDispatcher } from '../../http/dispatchers.ts'
import { expectOptions, expectText, invalidOption } from '../../lib/invalid-option.ts'
import { type ClientAuthentication, presenting } from './client-authentication.ts'

/** The client certificate of this API and its key, as PEM. */
export interface ClientCertificate {
  readonly cert: string | Buffer
  readonly key: string | Buffer
  readonly passphrase?: string | undefined
  /** The CA of the server's certificate, when it is a private one. Default: the CAs that Node trusts. */
  readonly ca?: string | Buffer | undefined
}

/**
 * `tls_client_auth` and `self_signed_tls_client_auth` (RFC 8705 §2): the client certificate of the connection
 * authenticates this API. The validator prefers the endpoint among the `mtls_endpoint_aliases` of the server (§5).
 *
 * Without a certificate here, the `dispatcher` of the validator has to present one. With a certificate, the calls have
 * connections of their own and do not use that dispatcher. Call it once, and not in the `issuer` function. It does NOT
 * check that the certificate belongs to the client id: the server does.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for a certificate or key that cannot be read.
 */
export function tlsClientAuth(clientId: string, certificate?: ClientCertificate): ClientAuthentication {
  expectText(clientId, 'clientId')
  const dispatcher = certificate === undefined ? undefined : createDispatcher(expectCertificate(certificate))
  const presented = { headers: {}, parameters: { client_id: clientId } }
  return presenting({ method: 'tls_client_auth', clientId }, async () => presented, '', dispatcher)
}

function expectCertificate(certificate: ClientCertificate): ClientCertificateOptions {
  const checked = expectOptions(certificate, 'the client certificate', ['cert', 'key', 'passphrase', 'ca'])
  const isPem = (pem: unknown): boolean => (typeof pem === 'string' || types.isUint8Array(pem)) && pem.length > 0
  if (!isPem(checked.cert) || !isPem(checked.key)) {
    throw invalidOption('Expected the client certificate to have both `cert` and `key`, as PEM')
  }
  try {
    createSecureContext(checked)
    return checked
  } catch (cause) {
    if (!(cause instanceof Error)) {
      throw cause
    }
    const code = 'code' in cause ? String(cause.code) : 'unreadable'
    throw invalidOption(`Expected \`cert\` and \`key\` to be a certificate and its private key as PEM (${code})`)
  }
}
