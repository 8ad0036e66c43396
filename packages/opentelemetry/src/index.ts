import '@tollgate/core'
export { startTelemetry, type Telemetry } from './telemetry.ts'
export type { TelemetryOptions } from './options.ts'
