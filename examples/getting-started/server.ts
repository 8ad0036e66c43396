// Starts the API with your issuer. Run it with `node server.ts`.
// `NODE_DEBUG=tollgate node server.ts` prints why a token is refused.
import { createApp } from './app.ts'

const app = createApp({ issuer: 'https://login.example.com', audience: 'https://api.example.com' })
export const server = app.listen(Number(process.env['PORT'] ?? 3000))
