import { parseJwt } from '@tollgate/core/adapter'
import { type Arguments, textsOf } from '../arguments.ts'
import { ownText } from '../json.ts'
import { knownIssuer, optionOf } from '../known-issuers.ts'
import { quote } from '../pipe-command.ts'
import type { CauseReport } from './report.ts'

/** What else can be tried on the command line. */
export function hintOf(cause: CauseReport, token: string, args: Arguments): string | undefined {
  if (cause.reason === 'malformed-token' && textsOf(args, 'config').length === 0 && !token.includes('.')) {
    return 'If the token is opaque, set TOLLGATE_CLIENT_ID and TOLLGATE_CLIENT_SECRET, so that the command introspects it.'
  }
  const iss = ownText(parseJwt(token)?.claims, 'iss') ?? ''
  const known =
    reasonsOfDialects.has(cause.reason) && textsOf(args, 'issuer').includes(iss) ? knownIssuer(iss) : undefined
  return known === undefined
    ? undefined
    : `Tollgate knows this issuer: try ${optionOf(known)} in place of --issuer, because it writes its claims in its own way.`
}

/** A preset can accept a token that was refused for one of these. */
const reasonsOfDialects: ReadonlySet<string> = new Set([
  'wrong-token-type',
  'missing-claim',
  'missing-audience',
  'wrong-audience',
  'missing-scope',
])
