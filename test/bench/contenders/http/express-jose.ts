import { joseVerify } from '../jwt/jose.ts'
import type { HttpContender } from './contender.ts'
import { serveExpress } from './express.ts'

/** https://www.npmjs.com/package/jose in a middleware of a few lines. */
export const contender: HttpContender = {
  name: 'Express 5 + jose by hand',
  framework: 'Express',
  role: 'peer',
  module: import.meta.url,
  start(setting) {
    const verify = joseVerify(setting)
    return serveExpress((request, response, next) => {
      const token = request.headers.authorization?.replace(/^Bearer /i, '') ?? ''
      void verify(token).then(
        ({ payload }) => {
          Object.assign(request, { auth: payload })
          next()
        },
        () => response.sendStatus(401),
      )
    })
  },
}
