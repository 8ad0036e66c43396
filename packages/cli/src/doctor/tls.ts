import { connect, type PeerCertificate } from 'node:tls'
import { deadline } from './fetch.ts'
import type { CheckReport } from './report.ts'

/** A certificate that ends within these days is a warning. */
const minDays = 14
const day = 86_400_000

interface Connection {
  readonly protocol: string | null
  /** The code of the fault, when this machine does not trust the certificate. */
  readonly fault: string | undefined
  readonly certificate: PeerCertificate
}

/** Checks the protocol, the certificate and its chain. It verifies nothing when the issuer is on `http:` and loopback. */
export async function checkTls(issuer: string): Promise<CheckReport> {
  const url = new URL(issuer)
  if (url.protocol !== 'https:') {
    return { check: 'tls', state: 'skipped', found: 'http: on loopback' }
  }
  const connection = await open(url)
  if (typeof connection === 'string') {
    const found = `no connection with TLS to ${url.host} (${connection})`
    return { check: 'tls', state: 'failed', found, fix: 'Check the host, the port, firewalls and proxies.' }
  }
  const { protocol, fault, certificate } = connection
  const end = Date.parse(certificate.valid_to)
  const until = Number.isNaN(end) ? '' : `, certificate valid until ${new Date(end).toISOString().slice(0, 10)}`
  const found = `${protocol ?? 'TLS'}${until}`
  if (fault !== undefined) {
    const [, sentence, fix] = faults.find(([pattern]) => pattern.test(fault)) ?? unknownFault
    return { check: 'tls', state: 'failed', found: `${sentence} (${fault}); ${found}`, fix }
  }
  return end - Date.now() < minDays * day
    ? { check: 'tls', state: 'warning', found, fix: 'Renew the certificate.' }
    : { check: 'tls', state: 'passed', found }
}

const fixOfChain =
  'This machine does not know the CA: set NODE_EXTRA_CA_CERTS to the file of its certificate, or configure the server to send its intermediate certificates.'

const faults: readonly (readonly [pattern: RegExp, sentence: string, fix: string])[] = [
  [/CERT_HAS_EXPIRED/, 'the certificate has expired', 'Renew the certificate.'],
  [/CERT_NOT_YET_VALID/, 'the certificate is not valid yet', 'Check the clock of this machine.'],
  [/ALTNAME/, 'the certificate is for another host name', 'Use the name in the certificate, or renew it.'],
  [/DEPTH_ZERO_SELF_SIGNED/, 'the certificate is self-signed', fixOfChain],
  [/SELF_SIGNED_CERT_IN_CHAIN/, 'the certificate comes from a private CA', fixOfChain],
  [/UNABLE_TO/, 'the chain of the certificate is incomplete, or its CA is not known here', fixOfChain],
]

const unknownFault = [/./, 'the certificate is not trusted', fixOfChain] as const

/** The connection, also with a certificate that is not trusted. The code of the failure without a connection. */
async function open({ hostname, port }: URL): Promise<Connection | string> {
  const { promise, resolve } = Promise.withResolvers<Connection | string>()
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const isAddress = /^[\d.]+$|:/.test(host)
  // Nothing is sent over this connection. Therefore it can show a certificate that is not trusted.
  const options = {
    host,
    port: Number(port || 443),
    rejectUnauthorized: false,
    ...(isAddress ? {} : { servername: host }),
  }
  const socket = connect(options, () => {
    const { authorizationError } = socket
    // Node declares an error, and sets its code.
    const fault =
      authorizationError === undefined || authorizationError === null ? undefined : codeIn(authorizationError)
    resolve({ protocol: socket.getProtocol(), fault, certificate: socket.getPeerCertificate() })
    socket.destroy()
  })
  socket.setTimeout(deadline, () => socket.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })))
  socket.on('error', (error) => resolve(codeIn(error)))
  socket.on('close', () => resolve('closed'))
  return promise
}

function codeIn(error: unknown): string {
  const code = typeof error === 'string' ? error : (error as { readonly code?: unknown }).code
  return typeof code === 'string' && /^[\w-]{1,60}$/.test(code) ? code : 'unknown'
}
