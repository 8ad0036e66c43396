import { type MeterProvider, metrics, trace, type TracerProvider } from '@opentelemetry/api'
import { describe, expectOptions, invalidOption } from '@tollgate/core/adapter'

/** The options of `startTelemetry`. */
export interface TelemetryOptions {
  /** Receives the metrics. Default: the global meter provider of `@opentelemetry/api` at the time of the call. */
  readonly meterProvider?: MeterProvider | undefined
  /** Receives the spans. Default: the global tracer provider of `@opentelemetry/api`. */
  readonly tracerProvider?: TracerProvider | undefined
  /**
   * The reasons of your own guards (in `claims(…)` or in a `Refusal`) that become values of `tollgate.reason`. Default: none. Every other
   * reason that is not one of the library's is recorded as `other`. Each reason adds a time series. Do not list reasons that contain a part
   * of a token.
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
  const own: TelemetryOptions = Object.assign(Object.create(null), options)
  const { meterProvider = metrics.getMeterProvider(), tracerProvider = trace.getTracerProvider(), reasons = [] } = own
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
      `Expected \`${name}\` to be an OpenTelemetry provider with a method \`${method}\`, got ${describe(provider)}; omit it to use the global one`,
    )
  }
}

function expectReasons(reasons: unknown): void {
  if (!Array.isArray(reasons)) {
    throw invalidOption(`Expected \`reasons\` to be an array of strings, got ${describe(reasons)}`)
  }
  const fault = reasons.findIndex((reason) => typeof reason !== 'string' || reason === '')
  if (fault >= 0) {
    throw invalidOption(
      `Expected \`reasons\` to contain non-empty strings, got ${describe(reasons[fault])} at ${fault}`,
    )
  }
}
