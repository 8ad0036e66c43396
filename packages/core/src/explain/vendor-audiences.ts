/** What an audience means at one vendor. */
export interface VendorAudience {
  readonly vendor: string
  /** `expected` are the audiences of this API. */
  readonly is: (aud: string, expected?: readonly string[]) => boolean
  readonly problem: string
  readonly fix: string
}

const requestForApi =
  'The client must name this API when it requests the token: `audience=…` at Auth0, `resource=…` elsewhere.'

/** Audiences that are never this API, or that say how the vendor names it. */
export const audiencesOfVendors: readonly VendorAudience[] = [
  {
    vendor: 'UserInfo',
    is: (aud) => /\/(oauth2\/v\d\/)?userinfo$/.test(aud),
    problem: 'the token is for the UserInfo endpoint of the issuer only',
    fix: requestForApi,
  },
  {
    vendor: 'Graph',
    is: (aud) => /^00000003-0000-0000-c000-000000000000$|^https:\/\/graph\.microsoft\.com\/?$/.test(aud),
    problem: 'the token is for Microsoft Graph',
    fix: 'The client must request a scope of your API, such as `api://<id>/.default`, in place of one of Graph.',
  },
  {
    vendor: 'Azure',
    is: (aud) =>
      /^0000000\d-0000-0000-c000-000000000000$|^https:\/\/(management\.(core\.windows|azure)|vault\.azure|graph\.windows|storage\.azure|database\.windows)\.(net|com)\/?$/.test(
        aud,
      ),
    problem: 'the token is for an API of Microsoft, such as that of Azure, and not for this one',
    fix: 'The client must ask for a scope of your API, such as `api://<id>/.default`.',
  },
  {
    vendor: 'Entra',
    is: (aud, expected = []) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(aud) && expected.some(isAppIdUri),
    problem: 'version 2.0 of Microsoft Entra writes the client id of the API into `aud`, and not its `api://…`',
    fix: 'If `aud` is the Application (client) ID of this API, write that as `audience`. Otherwise the token is for another API.',
  },
  {
    vendor: 'Auth0',
    is: (aud) => /^https:\/\/[^/]+\.auth0\.com\/api\/v2\/$/.test(aud),
    problem: 'the token is for the Management API of Auth0',
    fix: 'The client must set `audience` to the identifier of this API.',
  },
  {
    vendor: 'Okta',
    is: (aud) => aud === 'api://default',
    problem: 'the token has the default audience of Okta',
    fix: "Write `audience: 'api://default'`, or change the audience of the authorization server in Okta.",
  },
  {
    vendor: 'Keycloak',
    is: (aud) => aud === 'account',
    problem: 'the token names the account service of Keycloak, and not this API',
    fix: 'Add a mapper "Audience" with this API to a client scope in Keycloak.',
  },
  {
    vendor: 'Supabase',
    is: (aud, expected = []) => aud === 'authenticated' && !expected.includes(aud),
    problem: 'all access tokens of Supabase have the audience `authenticated`',
    fix: "Write `audience: 'authenticated'` with the preset supabase(…).",
  },
  {
    vendor: 'Logto',
    is: (aud) => aud.startsWith('urn:logto:organization:'),
    problem: 'the token is for an organization of Logto itself, and the route expects a token for the API',
    fix: "If the route is for organizations, write `kind: 'organization'` in its guard organization(…). Otherwise the client must request a token for the API.",
  },
  {
    vendor: 'Logto',
    is: (aud) => /^https:\/\/[^/]+\.logto\.app\/api$/.test(aud),
    problem: 'the token is for the Management API of Logto',
    fix: 'The client must set `resource` to the identifier of this API.',
  },
  {
    vendor: 'Zitadel',
    is: (aud, expected = []) => /^\d{15,20}(@\w+)?$/.test(aud) && expected.some((name) => /^\d{15,20}$/.test(name)),
    problem: 'the token does not name the project of this API in Zitadel',
    fix: 'The client must request the scope `urn:zitadel:iam:org:project:id:<project id>:aud`.',
  },
]

function isAppIdUri(name: string): boolean {
  return name.startsWith('api://')
}
