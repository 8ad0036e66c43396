const assert = require('node:assert/strict')
const { once } = require('node:events')
const { createProtect, scopes } = require('@tollgate/express')
const { createMockIssuer, createSenderClient } = require('@tollgate/mock-issuer')
const express = require('express')

async function main() {
  const issuer = await createMockIssuer()
  const protect = createProtect(issuer.validatorOptions)
  const app = express()
  app.get('/', protect(scopes('read')), (req, res) => res.send(req.auth.subject))
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const url = `http://127.0.0.1:${server.address().port}/`
  const token = await issuer.accessToken({ scope: 'read' })
  const good = await fetch(url, { headers: { Authorization: `Bearer ${token}` } })
  assert.equal(good.status, 200, `Expected 200 with a good token, got ${good.status}`)
  const subject = await good.text()
  assert.equal(subject, 'alice', `Expected the subject alice, got "${subject}"`)
  const bare = await fetch(url)
  assert.equal(bare.status, 401, `Expected 401 without a token, got ${bare.status}`)

  const certificate = await (await createSenderClient()).certificate()
  assert.equal(certificate.thumbprint.length, 43, 'Expected a client certificate, whose libraries are ES modules')

  server.close()
  await issuer.close()
}

void main()
