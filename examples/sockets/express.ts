import { createServer, type Server } from 'node:http'
import { lease, scopes } from '@tollgate/core'
import type { Protect } from '@tollgate/express'
import express from 'express'
import expressWs from 'express-ws'

export function createExpressServer(protect: Protect): Server {
  const plain = express()
  const server = createServer(plain)
  const { app } = expressWs(plain, server)

  const upgrade = protect.upgrade({ origins: 'https://app.example.com', firstMessage: 'accepted' }, scopes('live'))
  app.ws('/page', (socket, req) => {
    void upgrade.open(socket, req, (opened) => {
      socket.on('message', () => socket.send(`for ${opened.token.subject}`))
    })
  })

  app.use(protect(scopes('live')))

  app.ws('/live', (socket, req) => {
    const { token } = lease(protect.auth(req)).bind(socket)
    socket.on('message', () => socket.send(`for ${token.subject}`))
  })
  return server
}
