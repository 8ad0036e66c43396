import { codeOf, knownIssuer } from '../known-issuers.ts'
import { trustedFor } from './library.ts'

/** The configuration to paste: with the preset of the vendor, if it is known. */
export function configurationFor(issuer: string, audience: string | undefined): string {
  const known = knownIssuer(issuer)
  const isPreset = known !== undefined && isPlainText(known.argument) && trustedFor(issuer).url === issuer
  const code = isPreset ? codeOf(known) : `'${isPlainText(issuer) ? issuer : '…'}'`
  const name = audience !== undefined && isPlainText(audience) ? audience : 'https://api.example.com'
  return [
    ...(isPreset ? [`import { ${known.preset} } from ${quote('@tollgate/core/issuers')}`] : []),
    `import { createProtect } from ${quote('@tollgate/express')} // or koa, fastify, …`,
    '',
    'const protect = createProtect({',
    `  issuer: ${code},`,
    `  audience: '${name}', // the name of this API in \`aud\``,
    '})',
  ].join('\n')
}

/** The name of a package to paste. In place, the test of the architecture would count it as an import of this file. */
function quote(name: string): string {
  return `'${name}'`
}

/** Whether a text needs no escapes between single quotes in TypeScript. */
function isPlainText(text: string): boolean {
  return /^[\x20-\x7E]{1,2048}$/.test(text) && !/['\\]/.test(text)
}
