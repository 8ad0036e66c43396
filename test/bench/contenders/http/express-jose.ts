import { createRemoteJWKSet, jwtVerify } from 'jose'
import type { HttpContender } from './contender.ts'
import { serveExpress } from './express.ts'

/** https://www.npmjs.com/package/jose in a middleware of a few lines. */
export const contender: HttpContender = {
  name: 'Express 5 + jose by hand',
  framework: 'Express',
  role: 'peer',
  module: import.meta.url,
  start({ issuer, jwksUri, audience, algorithm }) {
    const keys = createRemoteJWKSet(new URL(jwksUri))
    const options = { issuer, audience, algorithms: [algorithm] }
    return serveExpress((request, response, next) => {
      const token = request.headers.authorization?.replace(/^Bearer /i, '') ?? ''
      void jwtVerify(token, keys, options).then(
        ({ payload }) => {
          Object.assign(request, { auth: payload })
          next()
        },
        () => response.sendStatus(401),
      )
    })
  },
}
