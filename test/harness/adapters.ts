import { createServer, type Server } from 'node:http'
import { type AccessToken, createProtect, type Guard, type ProtectOptions, type Validator } from '@tollgate/express'
import express5 from 'express'
import express4 from 'express4'

interface ServeOptions {
  readonly protection: ProtectOptions | Validator
  readonly guards: readonly Guard[]
  /** Called by the handler of every route. */
  readonly onHandled: (token: AccessToken | undefined) => void
}

/** A framework for which Tollgate has an adapter. Every requirement is verified in each. */
export interface Adapter {
  readonly name: string
  /**
   * A server with the same routes in every framework: `/items` protected with the guards (any method), `/optional`
   * optionally protected. Form bodies are parsed.
   */
  readonly serve: (options: ServeOptions) => Server
  /** Makes what protects, and no server: for mistakes that must show at start-up. */
  readonly create: (options: ProtectOptions) => unknown
}

function expressAdapter(name: string, express: typeof express5): Adapter {
  return {
    name,
    create: (options) => createProtect(options),
    serve: ({ protection, guards, onHandled }) => {
      const protect = 'authenticate' in protection ? createProtect(protection) : createProtect(protection)
      const app = express()
      // The error handler of Express prints every error unless it is told that this is a test.
      app.set('env', 'test')
      app.use(express.urlencoded({ extended: false }))
      app.all('/items', protect(...guards), (req, res) => {
        onHandled(protect.auth(req))
        res.json({ ok: true })
      })
      app.all('/optional', protect.optional(...guards), (req, res) => {
        onHandled(protect.optional.auth(req))
        res.json({ ok: true })
      })
      const server = createServer({ maxHeaderSize: 64 * 1024 }, app)
      return server.on('close', () => void protect.validator.close())
    },
  }
}

export const adapters: readonly Adapter[] = [
  expressAdapter('Express 5', express5),
  expressAdapter('Express 4', express4),
]
