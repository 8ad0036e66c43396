import { app } from './app.ts'

declare const Bun: { serve(options: object): { readonly port: number } }

const { port } = Bun.serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
console.log(port)
