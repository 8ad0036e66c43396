import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { exportJWK, generateKeyPair } from 'jose'
import { cookieLine, cookiesOf } from '../harness/application.ts'
import { redirectUri } from '../harness/authorization-server.ts'
import type { CleanUp } from '../harness/listen.ts'
import { freePort, startProgram, temporaryFolder } from './start-program.ts'

/** Glewlwyd does not decode client credentials (RFC 6749 §2.3.1). This secret looks the same when it is encoded. */
export const secret = 'secretOfTheTests'

/** The tokens for these APIs have the API as their audience. */
export const resources = ['https://api.example', 'https://other.example'] as const

export interface Glewlwyd {
  readonly issuer: string
  /** The cookies of a browser in which alice has logged in. */
  readonly cookies: ReadonlyMap<string, string>
}

/** Starts Glewlwyd with its OpenID Connect plugin, and with a database in a temporary folder. */
export async function startGlewlwyd(cleanUp: CleanUp): Promise<Glewlwyd> {
  const folder = temporaryFolder(cleanUp)
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const issuer = `${origin}/api/oidc`
  const database = join(folder, 'database')
  const file = join(folder, 'glewlwyd.conf')
  writeFileSync(file, configuration(port, database))
  createDatabase(database)
  await startProgram({ command: 'glewlwyd', args: ['--config-file', file], url: `${origin}/config` }, cleanUp)

  const admin = await logIn(origin, { username: 'admin', password: 'password' })
  const post = (path: string, body: object) => call(`${origin}/api${path}`, 'POST', body, admin)
  for (const name of ['read', 'write']) {
    await post('/scope/', { name, display_name: name, password_required: false })
  }
  const alice = { username: 'alice', password: 'a password of the tests' }
  await post('/user/', { ...alice, enabled: true, scope: ['openid', 'read', 'write'] })
  for (const client of ['app', 'api']) {
    await post('/client/', application(client))
  }
  await post('/mod/plugin/', await openIdConnect(issuer))
  const cookies = await logIn(origin, alice)
  await call(`${origin}/api/auth/grant/app`, 'PUT', { scope: 'openid read' }, cookies)
  return { issuer, cookies }
}

/** The tables of a new installation, and its administrator. The package installs this script. */
function createDatabase(path: string): void {
  const database = new DatabaseSync(path)
  database.exec(readFileSync('/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3', 'utf8'))
  database.close()
}

async function logIn(origin: string, body: object): Promise<ReadonlyMap<string, string>> {
  const { headers } = await call(`${origin}/api/auth/`, 'POST', body, new Map())
  return cookiesOf(headers.getSetCookie())
}

async function call(
  url: string,
  method: string,
  body: object,
  cookies: ReadonlyMap<string, string>,
): Promise<Response> {
  const headers = { 'content-type': 'application/json', cookie: cookieLine(cookies) }
  const response = await fetch(url, { method, headers, body: JSON.stringify(body) })
  if (!response.ok) {
    throw new Error(`Glewlwyd responded with ${response.status} to ${url}: ${await response.text()}`)
  }
  return response
}

function application(id: string): object {
  return {
    client_id: id,
    client_secret: secret,
    name: id,
    enabled: true,
    confidential: true,
    redirect_uri: [redirectUri],
    authorization_type: ['code', 'client_credentials', 'refresh_token'],
    token_endpoint_auth_method: ['client_secret_basic'],
    scope: ['read', 'write'],
    resource: resources,
  }
}

async function openIdConnect(issuer: string): Promise<object> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const key = { ...(await exportJWK(privateKey)), kid: 'key', alg: 'ES256' }
  const parameters = {
    iss: issuer,
    'jwks-private': JSON.stringify({ keys: [key] }),
    'jwks-show': true,
    'access-token-duration': 300,
    'refresh-token-duration': 300,
    'code-duration': 300,
    'allow-non-oidc': true,
    'auth-type-code-enabled': true,
    'auth-type-client-enabled': true,
    'auth-type-refresh-enabled': true,
    'pkce-allowed': true,
    'resource-allowed': true,
    'resource-client-property': 'resource',
    'introspection-revocation-allowed': true,
    'introspection-revocation-allow-target-client': true,
    // With this, a client can introspect the tokens of other clients. Otherwise it sees its own ones only.
    'introspection-revocation-auth-scope': ['introspection'],
  }
  return { module: 'oidc', name: 'oidc', display_name: 'OpenID Connect', enabled: true, parameters }
}

function configuration(port: number, database: string): string {
  return `
port=${port}
bind_address="127.0.0.1"
external_url="http://127.0.0.1:${port}"
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="WARNING"
cookie_secure=0
session_expiration=3600
session_key="GLEWLWYD2_SESSION_ID"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="/usr/lib/glewlwyd/user"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
hash_algorithm="SHA512"
database = { type = "sqlite3" path = "${database}" };
`
}
