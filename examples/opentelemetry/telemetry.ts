import { startTelemetry } from '@tollgate/opentelemetry'

// Once, after your OpenTelemetry SDK has been set up.
export const telemetry = startTelemetry({ reasons: ['wrong-tenant'] })
