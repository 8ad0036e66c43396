import { parseJwt, ownText } from '@tollgate/core/adapter'
import { type Arguments, textsOf } from '../arguments.ts'
import { decodeToken } from '../decode/decode.ts'
import { knownIssuer, presetText } from '../known-issuers.ts'
import { isQuotable, quote } from '../pipe-command.ts'
import type { CauseReport } from './report.ts'

/** What else can be tried, and the command for it. */
export interface Hint {
  readonly hint: string | undefined
  readonly suggestion: string | undefined
}

/** What else can be tried on the command line. */
export function hintOf(cause: CauseReport, token: string, args: Arguments): Hint {
  const isOpaque = !token.includes('.') && cause.problem.includes('opaque')
  if (cause.reason === 'malformed-token' && textsOf(args, 'config').length === 0 && isOpaque) {
    const hint =
      'If the token is opaque, set TOLLGATE_CLIENT_ID and TOLLGATE_CLIENT_SECRET, so that the command introspects it.'
    return { hint, suggestion: undefined }
  }
  const fault = cause.reason === 'malformed-token' ? decodeToken(token).faults[0] : undefined
  if (fault !== undefined && token.split('.', 4).length === 3) {
    return { hint: `In detail: ${fault}.`, suggestion: undefined }
  }
  const iss = ownText(parseJwt(token)?.claims, 'iss') ?? ''
  if (cause.status >= 500 && cause.step !== undefined && iss !== '') {
    return { hint: 'Check the issuer with this command:', suggestion: `npx @tollgate/cli doctor ${quote(iss)}` }
  }
  const isPlain = reasonsOfDialects.has(cause.reason) && textsOf(args, 'issuer').includes(iss)
  const known = isPlain ? knownIssuer(iss) : undefined
  return known === undefined || !isQuotable(known.argument)
    ? { hint: undefined, suggestion: undefined }
    : {
        hint: 'This issuer writes its claims in its own way. Tollgate has a preset for it, in place of --issuer:',
        suggestion: `--preset ${presetText(known)}`,
      }
}

/** A preset can accept a token that was refused for one of these. */
const reasonsOfDialects: ReadonlySet<string> = new Set([
  'wrong-token-type',
  'missing-claim',
  'missing-audience',
  'wrong-audience',
  'missing-scope',
])
