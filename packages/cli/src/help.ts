import { presetNames } from './presets.ts'

const general = `Usage: npx @tollgate/cli <command>

  explain         reads a token from standard input, and says why it is refused
  doctor ISSUER   checks an issuer, and prints the configuration to paste
  decode          reads a token from standard input, and shows its claims

Options of every command:
  --json          prints one JSON object
  --help          prints this help, or that of a command
  --version       prints the version

Exit codes: 0 good, 1 refused or faulty, 2 wrong usage, 3 issuer not reachable.
A token is never an argument: pipe it, or paste it when the command waits.`

const explain = `Usage: pbpaste | npx @tollgate/cli explain --issuer URL --audience NAME

Reads a token from standard input, and validates it step by step, as an API
does. White space, quotes, \`Bearer\` and a token response around it are removed.

  --issuer URL            an issuer that you trust; repeatable
  --audience NAME         the name of this API in \`aud\`; repeatable
  --preset NAME=ARGUMENT  an issuer by its preset, such as
                          keycloak=https://sso.example.com/realms/main
  --scope "a b"           the scopes of a route
  --config FILE           the module of your app that exports \`protect\`, a
                          validator or options, in place of the options above
  --host NAME             the host of the request, for an \`issuer\` function
  --introspection-endpoint URL    for opaque tokens; default: discovered
  --client-authentication METHOD  basic (the default) or post
  --json, --help, --version

The environment variables TOLLGATE_CLIENT_ID and TOLLGATE_CLIENT_SECRET are the
credentials for introspection.

Presets:
  ${presetNames.slice(0, 8).join(', ')},
  ${presetNames.slice(8).join(', ')}

Exit codes: 0 the token is good, 1 it is refused, 2 wrong usage, 3 it could not
be validated.`

const doctor = `Usage: npx @tollgate/cli doctor ISSUER

Checks the metadata, the key set, introspection, TLS, the clock and CORS of an
issuer, and prints the configuration to paste. ISSUER is the URL of the issuer.
A domain, or the URL of the metadata, is accepted too.

  --audience NAME  the name of your API, for the configuration
  --json, --help, --version

Each request has 5 s, and a body at most 512 KiB. No redirect is followed.
Exit codes: 0 no fault, 1 a fault, 2 wrong usage, 3 the issuer is not reachable.`

const decode = `Usage: pbpaste | npx @tollgate/cli decode

Reads a JWT from standard input, and shows its header and its claims. It
verifies nothing. It never shows the signature.

  --json, --help, --version

Exit codes: 0 decoded, 1 the token is malformed, 2 wrong usage.`

/** The help of each command. */
export const helpOf: Readonly<Record<'general' | 'explain' | 'doctor' | 'decode', string>> = {
  general,
  explain,
  doctor,
  decode,
}
