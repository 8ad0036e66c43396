import { generate } from 'selfsigned'

const day = 24 * 60 * 60 * 1000

export interface Certificate {
  readonly cert: string
  readonly key: string
}

interface CertificateInit {
  /** Default: in a year. An earlier time than now makes an expired certificate. */
  readonly notAfter?: Date
  /** The URI among the names of the certificate. Default: none. */
  readonly uri?: string
}

/** A self-signed certificate for a server on loopback, or for a client of this name. */
export async function certificate(name: string, { notAfter, uri }: CertificateInit = {}): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    ...(notAfter === undefined ? {} : { notBeforeDate: new Date(notAfter.getTime() - day), notAfterDate: notAfter }),
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [{ type: 7, ip: '127.0.0.1' }, ...(uri === undefined ? [] : [{ type: 6 as const, value: uri }])],
      },
    ],
  })
  return { cert, key }
}
