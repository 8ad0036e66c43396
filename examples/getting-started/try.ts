// Starts the API with a mock issuer, and prints a request to paste. Run it with `node try.ts`.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { createApp } from './app.ts'

const issuer = await createMockIssuer()
const app = createApp({ ...issuer.validatorOptions, explain: 'console' })
const server = app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo
const token = await issuer.accessToken({ scope: 'orders:read' })
console.log(`curl -H "Authorization: Bearer ${token}" http://127.0.0.1:${port}/orders`)
