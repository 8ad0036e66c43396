import * as openid from 'openid-client'
import { loadKeys } from './keys.js'

const { issuer, clientId, resource, orders } = await (await fetch('/settings.json')).json()
const config = await openid.discovery(new URL(issuer), clientId, undefined, openid.None(), {
  // This server has no TLS, because it is on loopback.
  execute: [openid.allowInsecureRequests],
})
const keys = await loadKeys()
const DPoP = openid.getDPoPHandle(config, keys)
const redirectUri = `${location.origin}/`
let token

/** Starts the authorization code flow with PKCE. The code is bound to the key, too (RFC 9449 §10). */
async function startSignIn() {
  const verifier = openid.randomPKCECodeVerifier()
  const state = openid.randomState()
  sessionStorage.setItem('sign-in', JSON.stringify({ verifier, state }))
  location.href = openid.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    resource,
    scope: 'orders:read',
    state,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    dpop_jkt: await DPoP.calculateThumbprint(),
  }).href
}

async function finishSignIn() {
  const { verifier, state } = JSON.parse(sessionStorage.getItem('sign-in'))
  const checks = { pkceCodeVerifier: verifier, expectedState: state }
  const tokens = await openid.authorizationCodeGrant(config, new URL(location.href), checks, { resource }, { DPoP })
  sessionStorage.removeItem('sign-in')
  history.replaceState(null, '', redirectUri)
  token = tokens.access_token
  print(`Signed in. The token is bound to the key ${await DPoP.calculateThumbprint()}.`)
}

/** openid-client makes a proof for each request. It repeats the request when the API demands a nonce. */
async function callApi() {
  const response = await openid.fetchProtectedResource(config, token, new URL(orders), 'GET', null, undefined, { DPoP })
  print(await response.text())
}

config[openid.customFetch] = async (url, options) => {
  const response = await fetch(url, options)
  const [, error] = /DPoP .*?error="(\w+)"/.exec(response.headers.get('WWW-Authenticate')) ?? []
  const hasNonce = response.headers.has('DPoP-Nonce')
  print([new URL(url).pathname, response.status, error, hasNonce ? 'and a nonce' : undefined].filter(Boolean).join(' '))
  return response
}

async function exportKey() {
  await crypto.subtle.exportKey('jwk', keys.privateKey)
  print('The key was exported.')
}

function print(line) {
  document.querySelector('#log').append(`${line}\n`)
}

function onClick(id, act) {
  const button = document.querySelector(`#${id}`)
  button.addEventListener('click', () => void act().catch((error) => print(`${error.name}: ${error.message}`)))
  return button
}

const buttons = [onClick('sign-in', startSignIn), onClick('call', callApi), onClick('export', exportKey)]
if (new URLSearchParams(location.search).has('code')) {
  await finishSignIn()
}
for (const button of buttons) {
  button.disabled = button.id === 'call' && token === undefined
}
