import assert from 'node:assert/strict'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import type { Express } from 'express'

const files = globSync('*.ts', { cwd: import.meta.dirname, exclude: ['check.ts'] })
assert.equal(files.length, 15)

// Each application starts without its issuer, and refuses requests without a token.
for (const file of files) {
  const { app } = (await import(`./${file}`)) as { app: Express }
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { status } = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`)
  assert.equal(status, 401, file)
  server.close()
}
