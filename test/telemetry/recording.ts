import type { Attributes } from '@opentelemetry/api'
import { type DataPoint, type Histogram, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { startTelemetry, type Telemetry, type TelemetryOptions } from '@tollgate/opentelemetry'
import { onTestFinished } from 'vitest'

/** What telemetry has recorded, with real SDKs, from its start until the test ends. */
export interface Recording {
  readonly telemetry: Telemetry
  readonly meterProvider: MeterProvider
  readonly tracerProvider: TracerProvider
  /** The sum of a metric, or the count of a histogram, over all series with these attributes. */
  readonly sum: (metric: string, where?: Attributes) => Promise<number>
  /** The same for each value of an attribute, absent ones as `'none'`. */
  readonly sumsBy: (metric: string, attribute: string, where?: Attributes) => Promise<Readonly<Record<string, number>>>
  /** All series of a metric. */
  readonly series: (metric: string) => Promise<readonly Series[]>
  readonly spans: () => readonly ReadableSpan[]
  /** All that an exporter gets to see. */
  readonly exported: () => Promise<string>
}

interface Series {
  readonly attributes: Attributes
  /** Of a histogram: how many measurements. */
  readonly value: number
  /** Of a histogram: their sum. */
  readonly total: number | undefined
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
    const points = metrics
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap((metric): readonly DataPoint<unknown>[] => metric.dataPoints)
    return points.map(({ attributes, value }) => ({ attributes, ...figuresOf(value) }))
  }

  async function sumsBy(metric: string, attribute: string, where?: Attributes): Promise<Record<string, number>> {
    const sums: Record<string, number> = {}
    for (const { attributes, value } of (await series(metric)).filter(matching(where))) {
      const key = String(attributes[attribute] ?? 'none')
      sums[key] = (sums[key] ?? 0) + value
    }
    return sums
  }

  return {
    telemetry,
    meterProvider,
    tracerProvider,
    series,
    sumsBy,
    sum: async (metric, where) =>
      (await series(metric)).filter(matching(where)).reduce((sum, { value }) => sum + value, 0),
    spans: () => exporter.getFinishedSpans(),
    exported: async () => JSON.stringify([await reader.collect(), exporter.getFinishedSpans().map(shown)]),
  }
}

/** Collects when it is asked to. */
class PullingReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

function figuresOf(value: unknown): Omit<Series, 'attributes'> {
  if (typeof value === 'number') {
    return { value, total: undefined }
  }
  const { count, sum } = value as Histogram
  return { value: count, total: sum }
}

function matching(where: Attributes = {}): (series: Series) => boolean {
  return ({ attributes }) => Object.entries(where).every(([name, value]) => attributes[name] === value)
}

function shown({ name, kind, attributes, events, links, status }: ReadableSpan): object {
  return { name, kind, attributes, events, links, status }
}

/** How often each of these occurs. */
export function countsOf(values: readonly (string | number)[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const value of values) {
    counts[value] = (counts[value] ?? 0) + 1
  }
  return counts
}
