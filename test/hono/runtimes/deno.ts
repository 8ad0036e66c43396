import { app } from './app.ts'

declare const Deno: { serve(options: object, fetch: unknown): { readonly addr: { readonly port: number } } }

const server = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen: () => undefined }, app.fetch)
console.log(server.addr.port)
