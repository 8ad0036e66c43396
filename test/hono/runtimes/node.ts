import { serve } from '@hono/node-server'
import { app } from './app.ts'

// With its defaults, which replace the globals `Request` and `Response`.
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(port))
