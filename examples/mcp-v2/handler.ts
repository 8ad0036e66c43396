import type { IncomingMessage, ServerResponse } from 'node:http'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler } from '@modelcontextprotocol/server'
import { createServer } from './tools.ts'

/** With `exactOptionalPropertyTypes`, the type of the SDK takes no request of Node. */
type Handler = (req: IncomingMessage, res: ServerResponse, body: unknown) => Promise<void>

export const handler = toNodeHandler(createMcpHandler(createServer)) as Handler
