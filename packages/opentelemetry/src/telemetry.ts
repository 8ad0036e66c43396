import type { MeterProvider, TracerProvider } from '@opentelemetry/api'
import { recordMetrics } from './metrics.ts'
import { oncePerProvider } from './once-per-provider.ts'
import { checkOptions, type TelemetryOptions } from './options.ts'
import { recordSpans } from './spans.ts'

/** What `startTelemetry` has started. */
export interface Telemetry {
  /**
   * Ends it: from now on nothing is recorded, what is under way included, and no channel has a subscriber of ours. Does not shut the providers
   * down, nor does it flush them. To call it again does nothing.
   */
  stop(): void
}

/**
 * Records what every validator in this process tells of on the channels of `node:diagnostics_channel`: as metrics of verdicts, refusals, outages,
 * requests to authorization servers and what is kept of them, and as spans of every judgement and every such request. Call it once, after
 * the SDK has been set up: global providers that are set up later get nothing.
 *
 * Attributes come from your configuration and from fixed words, and never from a token: an issuer that an `issuer` function has found is called
 * `resolved`, a reason of your guards `other` unless `reasons` names it, and there are no URLs and no texts of errors.
 *
 * It does not export anything, which is the affair of your SDK, and does not make its spans the active ones: what a guard of yours traces
 * goes under the span that was active before. Before it is started, and after `stop`, it costs nothing.
 *
 * What is started again with the same provider is not recorded twice: its `reasons` are added, and it ends when all who started it have stopped it.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for options that cannot be meant.
 */
export function startTelemetry(options: TelemetryOptions = {}): Telemetry {
  const { meterProvider, tracerProvider, reasons } = checkOptions(options)
  const stopMetrics = metricsOf(meterProvider, reasons)
  const stopSpans = spansOf(tracerProvider, reasons)

  return {
    stop: () => {
      stopMetrics()
      stopSpans()
    },
  }
}

const scope = '@tollgate/opentelemetry'

const metricsOf = oncePerProvider<MeterProvider>((provider, labels) => recordMetrics(provider.getMeter(scope), labels))

const spansOf = oncePerProvider<TracerProvider>((provider, labels) => recordSpans(provider.getTracer(scope), labels))
