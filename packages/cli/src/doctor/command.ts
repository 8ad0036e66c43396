import { type Arguments, textOf } from '../arguments.ts'
import type { Report } from '../report.ts'
import { UsageError } from '../usage.ts'
import { checkClock } from './clock.ts'
import { checkCors } from './cors.ts'
import { isFailure } from './fetch.ts'
import { checkIntrospection } from './introspection.ts'
import { parseIssuerUrl } from './issuer-url.ts'
import { checkKeys } from './keys.ts'
import { checkWithLibrary } from './library.ts'
import { checkMetadata, checkName, effectiveIssuer, fetchMetadata, type FoundMetadata } from './metadata.ts'
import { configurationFor } from './configuration-to-paste.ts'
import { doctorLines } from './lines.ts'
import type { CheckReport, DoctorReport } from './report.ts'
import { checkTls } from './tls.ts'

/** The options of `doctor`, beside those of every command. */
export const doctorOptions = { audience: { type: 'string' } } as const

/**
 * Checks an issuer as an API would use it. It does NOT check tokens, clients or redirect URIs.
 *
 * @throws UsageError for an argument that is no URL of an issuer.
 */
export async function doctorCommand(args: Arguments): Promise<Report> {
  const [argument, ...others] = args.positionals
  if (argument === undefined || others.length > 0) {
    throw new UsageError({
      problem: 'doctor needs one argument: the URL of the issuer',
      fix: 'Run npx @tollgate/cli doctor https://as.example.com.',
    })
  }
  const parsed = parseIssuerUrl(argument)
  const metadata = await fetchMetadata(parsed.url)
  const issuer = effectiveIssuer(parsed, metadata)
  const [library, tls] = await Promise.all([checkWithLibrary(issuer), checkTls(issuer)])
  const [keys, introspection] = await Promise.all([
    checkKeys(issuer, metadata, library.keysUrl),
    checkIntrospection(issuer, metadata),
  ])
  const checks = [
    checkName(parsed, metadata),
    checkMetadata(metadata),
    ...keys,
    introspection,
    tls,
    checkClock(metadata),
    checkCors(metadata),
    library.report,
  ].map((check) => withoutFault(check, library.report))
  const result = resultOf(checks, metadata)
  // With another name in the metadata, every token would be refused.
  const isUsable = library.report.state === 'passed' || metadata.stated === issuer
  const json: DoctorReport = {
    command: 'doctor',
    result,
    exitCode: ({ good: 0, faulty: 1, unreachable: 3 } as const)[result],
    issuer,
    remarks: parsed.remarks,
    checks,
    configuration: isUsable ? configurationFor(issuer, textOf(args, 'audience')) : undefined,
  }
  return { exitCode: json.exitCode, json, lines: (paint) => doctorLines(json, paint) }
}

/** Some vendors publish their keys and no metadata. That is no fault when the library has what it needs. */
function withoutFault(check: CheckReport, library: CheckReport): CheckReport {
  const isHarmless = check.check === 'metadata' && check.state === 'failed' && library.state === 'passed'
  return isHarmless ? { ...check, state: 'warning', fix: undefined } : check
}

/** An issuer whose certificate is not trusted responds, so that it is faulty. */
function resultOf(checks: readonly CheckReport[], { results }: FoundMetadata): DoctorReport['result'] {
  const isSilent = results.every((one) => isFailure(one) && (one.kind === 'network' || one.kind === 'timeout'))
  if (isSilent) {
    return 'unreachable'
  }
  return checks.some(({ state }) => state === 'failed') ? 'faulty' : 'good'
}
