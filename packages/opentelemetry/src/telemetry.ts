import type { MeterProvider, TracerProvider } from '@opentelemetry/api'
import { recordMetrics } from './metrics.ts'
import { oncePerProvider } from './once-per-provider.ts'
import { checkOptions, type TelemetryOptions } from './options.ts'
import { recordSpans } from './spans.ts'

/** The recording that `startTelemetry` started. */
export interface Telemetry {
  /**
   * Stops the recording, and ends all subscriptions. Spans of running requests are not recorded. Does not flush the providers, and does not
   * shut them down. A second call does nothing.
   */
  stop(): void
}

/**
 * Records metrics and spans of every validator in this process, from the channels of `node:diagnostics_channel`. Call it once, after the
 * setup of the OpenTelemetry SDK. A global provider that is set up later gets nothing.
 *
 * The values of attributes are names from your configuration and fixed words. They never come from a token. An issuer that an `issuer`
 * function returned is `resolved`. A reason of your guards is `other` unless `reasons` contains it. No attribute contains a URL or the text
 * of an error.
 *
 * It does not export anything, because the SDK does. It does not make its spans active: the parent of a span of your guard is the span that
 * was active before. Before the start and after `stop`, the channels have no subscribers.
 *
 * A second start with the same provider records nothing twice. It adds its `reasons`. The recording ends when every start has been stopped.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function startTelemetry(options: TelemetryOptions = {}): Telemetry {
  const { meterProvider, tracerProvider, reasons } = checkOptions(options)
  const stopMetrics = startMetrics(meterProvider, reasons)
  const stopSpans = startSpans(tracerProvider, reasons)

  return {
    stop: () => {
      stopMetrics()
      stopSpans()
    },
  }
}

const scope = '@tollgate/opentelemetry'

const startMetrics = oncePerProvider<MeterProvider>((provider, labels) =>
  recordMetrics(provider.getMeter(scope), labels),
)

const startSpans = oncePerProvider<TracerProvider>((provider, labels) => recordSpans(provider.getTracer(scope), labels))
