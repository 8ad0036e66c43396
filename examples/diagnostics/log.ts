import { subscribe } from '@tollgate/express'

subscribe('tollgate:refusal', ({ refusal }) => {
  console.log(`${refusal.status} ${refusal.code ?? ''} ${refusal.reason}`)
})

subscribe('tollgate:unavailable', ({ error }) => {
  console.error(`${error.status} ${error.issuer} ${error.reason}: ${error.message}`)
})
