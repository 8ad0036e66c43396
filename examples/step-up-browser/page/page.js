import * as openid from 'openid-client'

const { issuer, clientId, resource, api } = await (await fetch('/settings.json')).json()
const config = await openid.discovery(new URL(issuer), clientId, undefined, openid.None(), {
  // This server has no TLS, because it is on loopback.
  execute: [openid.allowInsecureRequests],
})
const redirectUri = `${location.origin}/`

/** Starts the authorization code flow with PKCE. `stepUp` has the demands of the API, and the call that needs them. */
async function startSignIn(stepUp) {
  const verifier = openid.randomPKCECodeVerifier()
  const state = openid.randomState()
  const { scope = '', ...demands } = stepUp?.demands ?? {}
  // oidc-provider permits `acr_values` and `max_age` only together with `openid`.
  const scopes = new Set(['openid', 'orders:read', ...(signedIn()?.scopes ?? []), ...scope.split(' ').filter(Boolean)])
  sessionStorage.setItem('sign-in', JSON.stringify({ verifier, state, scopes: [...scopes], stepUp }))
  location.href = openid.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    resource,
    scope: [...scopes].join(' '),
    state,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...demands,
  }).href
}

async function finishSignIn() {
  const { verifier, state, scopes, stepUp } = JSON.parse(sessionStorage.getItem('sign-in'))
  sessionStorage.removeItem('sign-in')
  const response = new URL(location.href)
  history.replaceState(null, '', redirectUri)
  const maxAge = stepUp?.demands.max_age === undefined ? undefined : Number(stepUp.demands.max_age)
  const checks = { pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true, maxAge }
  const tokens = await openid.authorizationCodeGrant(config, response, checks, { resource })
  const { sub } = tokens.claims()
  print(`Signed in as ${sub}.`)
  // Another person did not click the button of this call.
  const isSamePerson = signedIn()?.sub === sub
  sessionStorage.setItem('signed-in', JSON.stringify({ token: tokens.access_token, sub, scopes }))
  if (stepUp !== undefined && isSamePerson) {
    await callApi(stepUp.call, { isRepeated: true })
  }
}

/** The page forgets the weaker token only when it gets another one. */
function signedIn() {
  return JSON.parse(sessionStorage.getItem('signed-in'))
}

async function callApi(call, { isRepeated = false } = {}) {
  try {
    const response = await openid.fetchProtectedResource(config, signedIn().token, new URL(call.path, api), call.method)
    print(await response.text())
  } catch (error) {
    const demands = demandsOf(error)
    if (demands === undefined) {
      throw error
    }
    print(`The API demands ${new URLSearchParams(demands)}`)
    // The issuer may ignore the demands. Without this condition, the page would send the person there again and again.
    if (isRepeated) {
      print('Another sign-in does not help.')
      return
    }
    await startSignIn({ demands, call })
  }
}

const demandNames = new Set(['acr_values', 'max_age', 'scope'])

/** Returns parameters for the authorization request, if the API demands a better sign-in. */
function demandsOf(error) {
  // openid-client has parsed the header `WWW-Authenticate`.
  const challenges = error instanceof openid.WWWAuthenticateChallengeError ? error.cause : []
  const challenge = challenges.find(({ parameters }) => parameters.error === 'insufficient_user_authentication')
  return challenge === undefined
    ? undefined
    : Object.fromEntries(Object.entries(challenge.parameters).filter(([name]) => demandNames.has(name)))
}

config[openid.customFetch] = async (url, options) => {
  const response = await fetch(url, options)
  print(`${options.method} ${new URL(url).pathname} ${response.status}`)
  return response
}

/** The lines survive the way to the authorization server and back. */
function print(line) {
  const log = document.querySelector('#log')
  log.append(`${line}\n`)
  sessionStorage.setItem('log', log.textContent)
}

async function run(act) {
  try {
    await act()
  } catch (error) {
    print(`${error.name}: ${error.error ?? error.message}`)
  }
}

function onClick(id, act) {
  const button = document.querySelector(`#${id}`)
  button.addEventListener('click', () => void run(act))
  return button
}

const buttons = [
  onClick('sign-in', async () => startSignIn()),
  onClick('orders', async () => callApi({ method: 'GET', path: '/orders' })),
  onClick('pay', async () => callApi({ method: 'POST', path: '/payments' })),
  onClick('address', async () => callApi({ method: 'PUT', path: '/address' })),
  onClick('contract', async () => callApi({ method: 'POST', path: '/contracts' })),
]
document.querySelector('#log').append(sessionStorage.getItem('log') ?? '')
const parameters = new URLSearchParams(location.search)
if (parameters.has('code') || parameters.has('error')) {
  await run(finishSignIn)
}
for (const button of buttons) {
  button.disabled = button.id !== 'sign-in' && signedIn() === null
}
