import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import { exportPKCS8, generateKeyPair, type GenerateKeyPairResult } from 'jose'

/** A client certificate and its key, for the options of `tls.connect`, of `https.request` and of an `Agent` of undici. */
export interface ClientCertificate {
  /** The certificate in PEM. */
  readonly cert: string
  /** The private key in PEM. */
  readonly key: string
  /** The certificate in DER. */
  readonly der: Uint8Array
  /** The base64url SHA-256 of the DER bytes (RFC 8705 §3.1). */
  readonly thumbprint: string
  /** The claim `cnf` of a token that is bound to this certificate. */
  readonly cnf: { readonly 'x5t#S256': string }
}

const commonName = '2.5.4.3'
const version3 = 2

/** The validity in milliseconds since the epoch. */
export interface Validity {
  readonly notBefore: number
  readonly notAfter: number
}

export async function createCertificateKeys(): Promise<GenerateKeyPairResult> {
  return generateKeyPair('ES256', { extractable: true })
}

/** Creates a self-signed certificate. */
export async function createCertificate(keys: GenerateKeyPairResult, validity: Validity): Promise<ClientCertificate> {
  const der = await signCertificate(keys, validity)
  const thumbprint = createHash('sha256').update(der).digest('base64url')
  return {
    cert: new X509Certificate(der).toString(),
    key: await exportPKCS8(keys.privateKey),
    der,
    thumbprint,
    cnf: { 'x5t#S256': thumbprint },
  }
}

/** Imports the libraries on first use, because most tests need no certificate. */
async function signCertificate(keys: GenerateKeyPairResult, { notBefore, notAfter }: Validity): Promise<Uint8Array> {
  const { AttributeTypeAndValue, Certificate, RelativeDistinguishedNames, Time, TimeType } = await import('pkijs')
  const { Integer, Utf8String } = await import('asn1js')
  // RFC 5280 §4.1.2.5: the form with four digits of the year is for 2050 and later.
  const timeOf = (time: number) => {
    const value = new Date(time)
    return new Time({ value, type: value.getUTCFullYear() < 2050 ? TimeType.UTCTime : TimeType.GeneralizedTime })
  }
  const value = new Utf8String({ value: 'client-1' })
  const name = new RelativeDistinguishedNames({
    typesAndValues: [new AttributeTypeAndValue({ type: commonName, value })],
  })
  const certificate = new Certificate({
    version: version3,
    serialNumber: Integer.fromBigInt(randomBytes(8).readBigUInt64BE()),
    issuer: name,
    subject: name,
    notBefore: timeOf(notBefore),
    notAfter: timeOf(notAfter),
  })
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey)
  await certificate.sign(keys.privateKey, 'SHA-256')
  return new Uint8Array(certificate.toSchema().toBER())
}
