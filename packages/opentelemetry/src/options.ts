import { type MeterProvider, metrics, trace, type TracerProvider } from '@opentelemetry/api'
import { describe, expectOptions, invalidOption } from '@tollgate/core/adapter'

export interface TelemetryOptions {
  /** Where the metrics go. Default: the global meter provider of `@opentelemetry/api`, as it is at this moment. */
  readonly meterProvider?: MeterProvider | undefined
  /** Where the spans go. Default: the global tracer provider of `@opentelemetry/api`. */
  readonly tracerProvider?: TracerProvider | undefined
  /**
   * Reasons for which guards of yours refuse, in `claims(…)` or in a `Refusal` of your own, and which are to be told apart. Every one makes for
   * more series, so that none may hold what comes out of a token. Default: none; a reason that is neither here nor one of the library's is `other`.
   */
  readonly reasons?: readonly string[] | undefined
}

interface CheckedOptions {
  readonly meterProvider: MeterProvider
  readonly tracerProvider: TracerProvider
  readonly reasons: readonly string[]
}

const known: readonly string[] = ['meterProvider', 'tracerProvider', 'reasons'] satisfies (keyof TelemetryOptions)[]

export function checkOptions(options: TelemetryOptions): CheckedOptions {
  expectOptions(options, 'the options of startTelemetry', known)
  const {
    meterProvider = metrics.getMeterProvider(),
    tracerProvider = trace.getTracerProvider(),
    reasons = [],
  } = options
  expectProvider(meterProvider, 'meterProvider', 'getMeter')
  expectProvider(tracerProvider, 'tracerProvider', 'getTracer')
  expectReasons(reasons)
  return { meterProvider, tracerProvider, reasons }
}

function expectProvider(provider: unknown, name: string, method: string): void {
  const isProvider =
    typeof provider === 'object' && provider !== null && typeof Reflect.get(provider, method) === 'function'
  if (!isProvider) {
    throw invalidOption(
      `Expected \`${name}\` to be a provider of OpenTelemetry, which has a method \`${method}\`, got ${describe(provider)}; leave it out for the global one`,
    )
  }
}

function expectReasons(reasons: unknown): void {
  if (!Array.isArray(reasons)) {
    throw invalidOption(`Expected \`reasons\` to be an array of strings, got ${describe(reasons)}`)
  }
  const fault = reasons.findIndex((reason) => typeof reason !== 'string' || reason === '')
  if (fault >= 0) {
    throw invalidOption(`Expected \`reasons\` to hold non-empty strings, got ${describe(reasons[fault])} at ${fault}`)
  }
}
