import assert = require('node:assert/strict')
import events = require('node:events')
import net = require('node:net')
import tollgate = require('@tollgate/express')
import mock = require('@tollgate/mock-issuer')
import express = require('express')

async function main(): Promise<void> {
  const issuer = await mock.createMockIssuer()
  const protect = tollgate.createProtect(issuer.validatorOptions)
  const app = express()
  // `protect.auth` needs no opt-in to `@tollgate/express/augment`.
  app.get('/', protect(tollgate.scopes('read')), (req, res) => void res.send(protect.auth(req).subject))
  const server = app.listen(0, '127.0.0.1')
  await events.once(server, 'listening')

  const url = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}/`
  const token = await issuer.accessToken({ scope: 'read' })
  const good = await fetch(url, { headers: { Authorization: `Bearer ${token}` } })
  assert.equal(good.status, 200, `Expected 200 with a good token, got ${good.status}`)
  const subject = await good.text()
  assert.equal(subject, 'alice', `Expected the subject alice, got "${subject}"`)
  const bare = await fetch(url)
  assert.equal(bare.status, 401, `Expected 401 without a token, got ${bare.status}`)

  server.close()
  await issuer.close()
}

void main()
