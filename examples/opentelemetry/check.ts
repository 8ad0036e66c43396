import assert from 'node:assert/strict'
import { metrics, trace } from '@opentelemetry/api'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { claims, createValidator } from '@tollgate/core'
import { createMockIssuer } from '@tollgate/mock-issuer'

/** A reader that collects on demand. */
class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

const reader = new ManualReader()
const exporter = new InMemorySpanExporter()
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }))
const { telemetry } = await import('./telemetry.ts')

const issuer = await createMockIssuer({ port: 'none' })
const validator = createValidator(issuer.validatorOptions)
const sameTenant = claims(({ tenant }) => tenant === 'acme', 'wrong-tenant')

async function authenticate(token: string): Promise<unknown> {
  const request = new Request('https://api.example.com/', { headers: { authorization: `Bearer ${token}` } })
  return validator.authenticate(request, sameTenant).catch((error: unknown) => error)
}

await authenticate(await issuer.accessToken({ tenant: 'acme' }))
await authenticate(await issuer.accessToken({ tenant: 'other' }))
await authenticate(await issuer.wrongToken('expired'))
telemetry.stop()
await authenticate(await issuer.accessToken({ tenant: 'acme' }))

const { resourceMetrics } = await reader.collect()
const series = resourceMetrics.scopeMetrics.flatMap(({ metrics: recorded }) => recorded)
const counted = series.flatMap(({ descriptor, dataPoints }) =>
  dataPoints.map(({ attributes }) => `${descriptor.name} ${Object.values(attributes).join(' ')}`),
)
assert.deepEqual(counted, [
  'tollgate.verdicts https://issuer.example jwt',
  'tollgate.refusals insufficient_scope wrong-tenant 403',
  'tollgate.refusals invalid_token expired 401',
  'tollgate.document.loads metadata https://issuer.example loaded',
  'tollgate.document.loads keys https://issuer.example loaded',
  'tollgate.cache.operations jwt get miss',
  'tollgate.fetch.duration metadata https://issuer.example answered 200',
  'tollgate.fetch.duration keys https://issuer.example answered 200',
])

const spans = exporter
  .getFinishedSpans()
  .map(({ name, attributes }) => `${name}: ${String(attributes['tollgate.outcome'])}`)
assert.deepEqual(spans, [
  'tollgate fetch metadata: answered',
  'tollgate fetch keys: answered',
  'tollgate authenticate: accepted',
  'tollgate authenticate: insufficient_scope',
  'tollgate authenticate: invalid_token',
])
await validator.close()
await issuer.close()
