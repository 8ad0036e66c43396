import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface NginxOptions {
  /** The port of the API. */
  readonly api: number
  /** The certificate of the server and its key, as PEM. */
  readonly cert: string
  readonly key: string
  /** The value of `X-Proxy-Secret`. */
  readonly secret: string
}

export interface Nginx {
  /** The port with TLS, which requests the certificate of the client. */
  readonly tls: number
  /** The port without TLS. */
  readonly plain: number
  readonly stop: () => Promise<void>
}

/** Starts nginx with `nginx.conf` on free ports of loopback. */
export async function startNginx({ api, cert, key, secret }: NginxOptions): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-nginx-'))
  const [tls, plain] = [await freePort(), await freePort()]
  const servers = (await readFile(new URL('nginx.conf', import.meta.url), 'utf8'))
    .replace('127.0.0.1:3000', `127.0.0.1:${api}`)
    .replace('127.0.0.1:8443', `127.0.0.1:${tls}`)
    .replace('127.0.0.1:8080', `127.0.0.1:${plain}`)
    .replace('the-secret-of-the-proxy', secret)
  const files = { 'server.crt': cert, 'server.key': key, 'servers.conf': servers, 'main.conf': main }
  await Promise.all(Object.entries(files).map(async ([name, text]) => writeFile(join(folder, name), text)))

  // Debian has nginx in a folder that is not on the PATH of every account.
  const env = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` }
  const nginx = spawn('nginx', ['-p', folder, '-c', 'main.conf', '-e', 'stderr'], { env, stdio: 'inherit' })
  const failed = once(nginx, 'exit').then(() => {
    throw new Error('This example needs nginx: apt-get install nginx-light, or brew install nginx')
  })
  await Promise.race([listening(tls), failed])
  failed.catch(() => undefined)
  return {
    tls,
    plain,
    stop: async () => {
      const exit = once(nginx, 'exit')
      nginx.kill()
      await exit
      await rm(folder, { recursive: true })
    },
  }
}

/** The settings of one process in a temporary folder. */
const main = `
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
  include servers.conf;
}
`

async function listening(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return
    } catch {
      await sleep(50)
    } finally {
      socket.destroy()
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  await once(server.close(), 'close')
  return port
}
