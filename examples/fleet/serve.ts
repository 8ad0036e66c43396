// One process of the API. All of them listen on one port, and Node gives each connection to one of them.
import cluster from 'node:cluster'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApi, type FleetOptions } from './api.ts'

const { port, ...options } = JSON.parse(process.env['FLEET'] ?? '') as FleetOptions & { readonly port: number }
const app = await createApi(options)
const server = createServer((req, res) => {
  res.setHeader('x-process', `process ${cluster.worker?.id}`)
  app(req, res)
})
await once(server.listen(port, '127.0.0.1'), 'listening')
process.send?.({ port: (server.address() as AddressInfo).port })
