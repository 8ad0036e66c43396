import { expectText } from '../../lib/invalid-option.ts'
import { type ClientAuthentication, presenting } from './client-authentication.ts'

/**
 * `client_secret_basic`: id and secret, each form-encoded, in an `Authorization: Basic` header (RFC 6749 §2.3.1).
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for an empty id or secret.
 */
export function clientSecretBasic(clientId: string, clientSecret: string): ClientAuthentication {
  const pair = [expectText(clientId, 'clientId'), expectText(clientSecret, 'clientSecret')].map(formEncode).join(':')
  const headers = { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
  return presenting({ method: 'client_secret_basic', clientId }, async () => ({ headers, parameters: {} }))
}

/**
 * `client_secret_post`: id and secret in the form (RFC 6749 §2.3.1), for servers that do not accept Basic.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for an empty id or secret.
 */
export function clientSecretPost(clientId: string, clientSecret: string): ClientAuthentication {
  const parameters = {
    client_id: expectText(clientId, 'clientId'),
    client_secret: expectText(clientSecret, 'clientSecret'),
  }
  return presenting({ method: 'client_secret_post', clientId }, async () => ({ headers: {}, parameters }))
}

/** `application/x-www-form-urlencoded` (RFC 6749 appendix B). */
function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}
