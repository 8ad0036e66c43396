import type { Attributes } from '@opentelemetry/api'
import { type Histogram, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { startTelemetry, type Telemetry, type TelemetryOptions } from '@tollgate/opentelemetry'
import { onTestFinished } from 'vitest'

/** The metrics and spans of one test, recorded by the OpenTelemetry SDKs. */
export interface Recording {
  readonly telemetry: Telemetry
  readonly meterProvider: MeterProvider
  readonly tracerProvider: TracerProvider
  /** All series of a metric. */
  readonly series: (metric: string) => Promise<readonly Series[]>
  /** The values of the attributes of all series of a metric, sorted. */
  readonly lines: (metric: string) => Promise<readonly string[]>
  /** The sum of the counts of all series with these attributes. */
  readonly sum: (metric: string, where?: Attributes) => Promise<number>
  /** The same for each value of an attribute, and for `'none'` without the attribute. */
  readonly sumsBy: (metric: string, attribute: string, where?: Attributes) => Promise<Readonly<Record<string, number>>>
  readonly spans: () => readonly ReadableSpan[]
  /** Everything that an exporter gets, as JSON. */
  readonly exported: () => Promise<string>
}

interface Series {
  readonly attributes: Attributes
  /** For a histogram: the number of measurements. */
  readonly count: number
  /** For a histogram: the sum of the measurements. */
  readonly sum: number
}

export function openRecording(options: Pick<TelemetryOptions, 'reasons'> = {}): Recording {
  const reader = new PullingReader()
  const meterProvider = new MeterProvider({ readers: [reader] })
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  const telemetry = startTelemetry({ meterProvider, tracerProvider, ...options })
  onTestFinished(() => telemetry.stop())

  async function series(name: string): Promise<readonly Series[]> {
    const { resourceMetrics } = await reader.collect()
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
    return metrics
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }) => dataPoints.map(read))
  }

  async function sumsBy(metric: string, attribute: string, where: Attributes = {}): Promise<Record<string, number>> {
    const sums: Record<string, number> = {}
    for (const { attributes, count } of await series(metric)) {
      if (Object.entries(where).every(([name, value]) => attributes[name] === value)) {
        const key = String(attributes[attribute] ?? 'none')
        sums[key] = (sums[key] ?? 0) + count
      }
    }
    return sums
  }

  return {
    telemetry,
    meterProvider,
    tracerProvider,
    series,
    lines: async (metric) =>
      (await series(metric)).map(({ attributes }) => Object.values(attributes).join(' ')).toSorted(),
    sum: async (metric, where) => Object.values(await sumsBy(metric, '', where)).reduce((sum, count) => sum + count, 0),
    sumsBy,
    spans: () => exporter.getFinishedSpans(),
    exported: async () => JSON.stringify([await reader.collect(), exporter.getFinishedSpans().map(printable)]),
  }
}

class PullingReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

function read({ attributes, value }: { readonly attributes: Attributes; readonly value: unknown }): Series {
  const { count, sum = 0 } = typeof value === 'number' ? { count: value } : (value as Histogram)
  return { attributes, count, sum }
}

function printable({ name, kind, attributes, events, links, status }: ReadableSpan): object {
  return { name, kind, attributes, events, links, status }
}
