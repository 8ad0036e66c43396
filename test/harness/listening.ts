/** The old name of `messagesOn`, for tests that still use it. */
export { messagesOn as listening } from './channel-messages.ts'
