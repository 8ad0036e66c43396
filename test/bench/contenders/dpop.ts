import { createValidator, type DpopOptions } from '@tollgate/core'
import { createProtect } from '@tollgate/express'
import express, { type RequestHandler } from 'express'
import { EmbeddedJWK, jwtVerify, type JWTVerifyOptions } from 'jose'
import type { Server } from 'node:http'
import type { Setting } from '../world.ts'

export const tollgate = 'Tollgate'
/** It verifies the proof, and nothing else: no token, and no claim of the proof but its age. */
export const proofAlone = 'jose, the proof alone'

/** The origin of `htu`: of the audience. */
export const target = { origin: 'https://api.example.com', path: '/' } as const

const dpop: DpopOptions = { mode: 'accepted' }
const options: JWTVerifyOptions = { typ: 'dpop+jwt', algorithms: ['ES256'], maxTokenAge: '60s' }

/** Verify a proof without a server. */
export const libraries: Readonly<
  Record<string, (setting: Setting) => (token: string, proof: string) => Promise<unknown>>
> = {
  [tollgate]({ issuer, audience }) {
    const validator = createValidator({ issuer, audience, dpop })
    return (token, proof) =>
      validator.authenticate({
        method: 'GET',
        url: target.path,
        headers: [
          ['host', 'localhost'],
          ['authorization', `DPoP ${token}`],
          ['dpop', proof],
        ],
      })
  },

  [proofAlone]: () => (_token, proof) => jwtVerify(proof, EmbeddedJWK, options),
}

const middleware: Readonly<Record<string, (setting: Setting) => RequestHandler>> = {
  [tollgate]: ({ issuer, audience }) => createProtect({ issuer, audience, dpop })(),

  [proofAlone]: () => (request, _response, next) => {
    jwtVerify(request.get('dpop') ?? '', EmbeddedJWK, options).then(() => next(), next)
  },
}

/** Starts the Express server of a contender on a free port of 127.0.0.1. */
export async function start(name: string, setting: Setting): Promise<Server> {
  const app = express()
  app.get(target.path, ...[middleware[name]?.(setting) ?? []].flat(), (_request, response) => {
    response.json({ ok: true })
  })
  return new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server))
  })
}
