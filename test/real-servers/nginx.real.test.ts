/** An authorization server behind nginx, as many installations have it. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { clientSecretBasic, trustedIssuer } from '@tollgate/core'
import { expect, onTestFinished, test } from 'vitest'
import { type Adapter, adapters } from '../harness/adapters.ts'
import { type Api, openApi } from '../harness/api.ts'
import { openApplication } from '../harness/application.ts'
import { jwtApi, opaqueApi, openAuthorizationServer, secret } from '../harness/authorization-server.ts'
import { freePort, startProgram, temporaryFolder } from './start-program.ts'

const [adapter] = adapters as readonly [Adapter]

test('tokens of an authorization server behind nginx are accepted', async () => {
  const { url } = await openAuthorizationServer((origin) => openNginx(origin))
  const app = await openApplication(url)
  const api = await openProtected(url)
  for (const resource of [jwtApi, opaqueApi]) {
    expect(await api.present(await app.byClientCredentials(resource)), resource).toBe('OK')
    expect(await api.present((await app.byAuthorizationCode(resource)).access), resource).toBe('OK')
  }
})

test('while the server behind nginx is down, known keys serve, and all other tokens get 503', async () => {
  const { url, server } = await openAuthorizationServer((origin) => openNginx(origin))
  const app = await openApplication(url)
  const [jwt, other, opaque] = await Promise.all([jwtApi, jwtApi, opaqueApi].map(app.byClientCredentials))
  const api = await openProtected(url)
  expect(await api.present(jwt ?? '')).toBe('OK')
  server.closeAllConnections()
  await once(server.close(), 'close')
  // Nginx responds with 502 and a page of HTML.
  expect(await api.present(jwt ?? '')).toBe('OK')
  expect(await api.present(other ?? '')).toBe('OK')
  expect(await api.present(opaque ?? '')).toBe('E-UP')
  expect(await (await openProtected(url)).present(jwt ?? '')).toBe('E-UP')
})

function openProtected(url: string): Promise<Api> {
  const client = clientSecretBasic('api-client_secret_basic', secret)
  const issuer = trustedIssuer(url, { introspection: { client } })
  // Validators with one clock share their keys. Each of these has a clock of its own.
  const clock = (): number => Date.now()
  return openApi(adapter, { protection: { issuer, audience: [opaqueApi, jwtApi], clock } })
}

/** Starts nginx in front of an origin, until the test ends. Returns its own origin. */
async function openNginx(origin: string): Promise<string> {
  const folder = temporaryFolder(onTestFinished)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  writeFileSync(join(folder, 'nginx.conf'), configuration(port, origin))
  const args = ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr']
  await startProgram({ command: 'nginx', args, url }, onTestFinished)
  return url
}

function configuration(port: number, origin: string): string {
  return `
daemon off;
master_process off;
pid nginx.pid;
error_log stderr crit;
events {}
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass ${origin};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-For $remote_addr;
    }
  }
}
`
}
