import { startTelemetry } from '@tollgate/opentelemetry'

// Once, after the setup of your OpenTelemetry SDK.
export const telemetry = startTelemetry({ reasons: ['wrong-tenant'] })
