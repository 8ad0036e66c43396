import { expectText } from '../../lib/invalid-option.ts'
import { type ClientAuthentication, defineClientAuthentication, presenting } from './client-authentication.ts'

/**
 * `client_secret_basic`: id and secret, each form-encoded, in an `Authorization: Basic` header (RFC 6749 §2.3.1).
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for an empty id or secret.
 */
export function clientSecretBasic(clientId: string, clientSecret: string): ClientAuthentication {
  expectCredentials(clientId, clientSecret)
  const pair = `${formEncode(clientId)}:${formEncode(clientSecret)}`
  const headers = { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
  return defineClientAuthentication({ method: 'client_secret_basic', clientId }, () =>
    presenting(async () => ({ headers, parameters: {}, reuse: undefined })),
  )
}

/**
 * `client_secret_post`: id and secret in the form (RFC 6749 §2.3.1), for servers that do not accept Basic.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for an empty id or secret.
 */
export function clientSecretPost(clientId: string, clientSecret: string): ClientAuthentication {
  expectCredentials(clientId, clientSecret)
  const parameters = { client_id: clientId, client_secret: clientSecret }
  return defineClientAuthentication({ method: 'client_secret_post', clientId }, () =>
    presenting(async () => ({ headers: {}, parameters, reuse: undefined })),
  )
}

function expectCredentials(clientId: unknown, clientSecret: unknown): void {
  expectText(clientId, 'clientId')
  expectText(clientSecret, 'clientSecret')
}

/** `application/x-www-form-urlencoded` (RFC 6749 appendix B). */
function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}
