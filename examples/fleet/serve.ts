// One process of the API. All of them listen on one port, and Node gives each connection to one of them.
import cluster from 'node:cluster'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApi, type FleetOptions } from './api.ts'

const app = await createApi(JSON.parse(process.env['FLEET'] ?? '') as FleetOptions)
const server = createServer((req, res) => {
  res.setHeader('x-process', `process ${cluster.worker?.id}`)
  app(req, res)
})
// All processes of a cluster that listen on port 0 share the port that the first one gets.
await once(server.listen(0, '127.0.0.1'), 'listening')
process.send?.({ port: (server.address() as AddressInfo).port })
