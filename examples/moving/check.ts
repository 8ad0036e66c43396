import { issuer, unavailableIssuer } from './issuers.ts'

// A folder has the code of a library's own README, and the code after the move. Its check compares the two.
// `both` has an API that uses two libraries for a while.
const names = [
  'express-oauth2-jwt-bearer',
  'express-jwt',
  'koa-jwt',
  'fastify-jwt',
  'passport-jwt',
  'mcp-auth',
  'better-auth',
  'both',
]

for (const name of names) {
  await import(`./${name}/check.ts`)
}
await Promise.all([issuer.close(), unavailableIssuer.close()])
