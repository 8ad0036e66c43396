// Starts the MCP server with your issuer. Run it with `node server.ts`, or with `node server.ts verifier` for the other way.
import { createApp } from './app.ts'
import { createApp as createAppByVerifier } from './verifier.ts'

const { MCP_URL: url = 'http://127.0.0.1:3000/mcp', ISSUER: issuer = 'https://login.example.com' } = process.env
const create = process.argv[2] === 'verifier' ? createAppByVerifier : createApp
export const server = create(url, { issuer }).listen(Number(process.env['PORT'] ?? 3000))
