/** The types of what a validator reports: the messages on its diagnostics channels, and its health. */
export type * from './diagnostics/health.ts'
export type * from './diagnostics/messages.ts'
export type * from './diagnostics/revocation-message.ts'
export type { PassedOverKey, PassedOverReason } from './responses/passed-over-key.ts'
