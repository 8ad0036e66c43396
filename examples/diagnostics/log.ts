import { subscribe } from 'node:diagnostics_channel'
import type { RefusalMessage, UnavailableMessage } from '@tollgate/express'

subscribe('tollgate:refusal', (message) => {
  const { refusal } = message as RefusalMessage
  console.log(`${refusal.status} ${refusal.code ?? ''} ${refusal.reason}`)
})

subscribe('tollgate:unavailable', (message) => {
  const { error } = message as UnavailableMessage
  console.error(`${error.status} ${error.issuer} ${error.reason}: ${error.message}`)
})
