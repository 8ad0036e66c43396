import type { ProblemAndFix } from './explanation.ts'

/** A text that says by itself that it is no token for this API. Only its kind is shown. */
export function foreignText(text: string): ProblemAndFix | undefined {
  if (emptyValue.test(text)) {
    return {
      problem: `the token is the text \`${text.toLowerCase()}\``,
      fix: 'The client has no token: it builds the header before it has one.',
    }
  }
  if (exampleToken.test(text)) {
    return {
      problem: 'the token is a placeholder of an example',
      fix: 'Send an access token of the issuer in place of it.',
    }
  }
  const [, problem, fix] = foreignTexts.find(([pattern]) => pattern.test(text)) ?? []
  return problem === undefined || fix === undefined ? undefined : { problem, fix }
}

const emptyValue = /^(undefined|null|nan|true|false)$/i

/** Such as `YOUR_ACCESS_TOKEN`, `token`, and `xxx.yyy.zzz`. */
const exampleToken =
  /^((your|my|the|an?|insert|paste|some|example|test)[-_]?)?((access|auth|jwt|api)[-_]?)?(token|jwt|key)([-_]?here)?$|^(header|x+|a+)\.(payload|y+|b+)\.(signature|z+|c+)$/i

const foreignTexts: readonly (readonly [RegExp, problem: string, fix: string])[] = [
  [/\.\.\.$/, 'the token is abbreviated with dots', 'Send the whole token: copy it from where it is not shortened.'],
  [
    /^sb_(publishable|secret)_/,
    'this is an API key of Supabase, and no access token',
    'Send `session.access_token` of a person who is signed in. The API key belongs in the header `apikey`.',
  ],
  [
    /^base64-/,
    'this is a whole session in a cookie of Supabase, and no token',
    'Send `session.access_token` alone, in `Authorization`.',
  ],
  [
    /^ZXlK/,
    'this is a JWT in base64: somebody has encoded it once more',
    'Send the JWT as the issuer returned it: it begins with `eyJ`.',
  ],
  [
    /^(ya29\.|gh[opsu]_|github_pat_)/,
    'this is a token for the APIs of Google or GitHub, and for no other',
    'Send the token that your own issuer has issued for this API.',
  ],
  [
    /^([spr]k_(live|test)_|sk-(proj|ant)-|AIza|AKIA|xox[abp]-)/,
    'this is an API key of another service, and no access token',
    'Send the token that your own issuer has issued for this API.',
  ],
  [
    /^ory_at_/,
    'this is an opaque token of Ory, and no issuer has `introspection`',
    'Set `introspection` in hydra(…). Or set `strategies.access_token: jwt` in the configuration of Hydra.',
  ],
  [/^ory_rt_/, 'this is a refresh token of Ory', 'Send the access token: `access_token` of the token response.'],
  [/^v\d\.(public|local)\./, 'this is a PASETO, and no JWT', 'Configure the issuer to write JWTs.'],
]
