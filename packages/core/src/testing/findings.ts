import { AssertionError } from 'node:assert'
import type { TestOptions } from './test-options.ts'
import type { Verdict } from './verdict.ts'

/** The result for one method of a route. */
export interface Finding {
  /** `GET /orders`, or `/files/*` for a handler without a route. */
  readonly name: string
  /** `undefined` for a handler without a route. */
  readonly method: string | undefined
  readonly path: string
  /** `'unknown'`: no path is known that the router gives to the route. */
  readonly verdict: Verdict | { readonly kind: 'unknown' }
}

/** Throws an `AssertionError` that lists every fault. Returns the names of the routes that refused. */
export function failIfOpen(
  findings: readonly Finding[],
  routes: readonly { readonly path: string }[],
  options: TestOptions,
): readonly string[] {
  const isEmpty = routes.length === 0 && findings.every(({ verdict }) => verdict.kind === 'neutral')
  const faults = [
    ...(isEmpty ? ['The app has no routes: give expectProtected the app after its routes are added'] : []),
    ...faultsOf(findings.filter((finding) => !options.except.some((name) => isNamed(name, finding)))),
    ...options.except.flatMap((name) => staleFaults(name, findings)),
    ...[...options.examples.keys()]
      .filter((path) => !findings.some((finding) => finding.path === path))
      .map((path) => `The example for \`${path}\` names no route`),
  ]
  if (faults.length > 0) {
    const title =
      faults.length === 1 ? 'expectProtected found a fault:' : `expectProtected found ${faults.length} faults:`
    const message = [title, ...faults.map((fault) => `  - ${fault}`)].join('\n')
    throw new AssertionError({ message, actual: faults, expected: [], operator: 'expectProtected' })
  }
  const names = [...new Set(findings.filter(({ verdict }) => verdict.kind === 'refused').map(({ name }) => name))]
  return names.filter((name) => !name.startsWith('HEAD ') || !names.includes(name.replace('HEAD', 'GET')))
}

/** One line for all the methods of a route that have the same fault. */
function faultsOf(findings: readonly Finding[]): readonly string[] {
  const methodsOf = new Map<string, string[]>()
  for (const { method, path, verdict } of findings) {
    const fault = faultOf(path, verdict)
    if (fault !== undefined) {
      methodsOf.set(fault, [...(methodsOf.get(fault) ?? []), ...(method === undefined ? [] : [method])])
    }
  }
  return [...methodsOf].map(([fault, methods]) => [methods.join(', '), fault].join(' ').trim())
}

function faultOf(path: string, verdict: Finding['verdict']): string | undefined {
  if (verdict.kind === 'unknown') {
    const key = path.replaceAll('\\', '\\\\')
    return `${path} cannot be requested: give it an example, \`examples: { '${key}': '/…' }\`, or name it in \`except\``
  }
  if (verdict.kind === 'trusting') {
    return `${path} trusts every issuer: the \`issuer\` function must return undefined for an \`iss\` that it does not know`
  }
  return verdict.kind === 'open'
    ? `${path} ${verdict.because}: put protect() in front of it, or name it in \`except\``
    : undefined
}

/** `GET /x` also names the `HEAD` that the framework adds to it. */
function isNamed(exception: string, { name, method, path }: Finding): boolean {
  return exception === name || exception === path || (method === 'HEAD' && exception === `GET ${path}`)
}

function staleFaults(exception: string, findings: readonly Finding[]): readonly string[] {
  const named = findings.filter((finding) => isNamed(exception, finding))
  if (named.length === 0) {
    return [`The exception \`${exception}\` names no route`]
  }
  const isUnknown = named.some(({ verdict }) => verdict.kind === 'unknown')
  const refused = named.filter(({ verdict }) => verdict.kind === 'refused' && !isUnknown)
  const isUnused = named.every(({ method, verdict }) => method === undefined && verdict.kind === 'neutral')
  return [
    ...refused.map(({ name }) => `The exception \`${exception}\` is not needed: ${name} needs a token`),
    ...(isUnused ? [`The exception \`${exception}\` is not needed: no handler responds there`] : []),
  ]
}
