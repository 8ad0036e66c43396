import { codeOf, knownIssuer } from '../known-issuers.ts'
import { trustedFor } from './library.ts'

/** The configuration to paste: with the preset of the vendor, if it is known. */
export function configurationFor(issuer: string, audience: string | undefined): string {
  const known = knownIssuer(issuer)
  const isPreset = known !== undefined && trustedFor(issuer).url === issuer
  const code = isPreset ? codeOf(known) : `'${isQuotable(issuer) ? issuer : '…'}'`
  const name = audience !== undefined && isQuotable(audience) ? audience : 'https://api.example.com'
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

function quote(name: string): string {
  return `'${name}'`
}

/** A name that is a text in quotes in TypeScript as it is. */
function isQuotable(text: string): boolean {
  return /^[\x20-\x7E]{1,2048}$/.test(text) && !/['\\]/.test(text)
}
