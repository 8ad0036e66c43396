import { subscribe } from 'node:diagnostics_channel'
import type { RefusalMessage } from '@tollgate/core'

subscribe('tollgate:refusal', (message) => {
  const { refusal } = message as RefusalMessage
  console.log(`${refusal.status} ${refusal.code ?? ''} ${refusal.reason}`)
})
