/** Formats a challenge of the `WWW-Authenticate` header (RFC 9110 §11.6.1). Parameters without a value are left out. */
export function formatChallenge(scheme: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const formatted = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value = '']) => `${name}=${quote(value)}`)
  return `${scheme} ${formatted.join(', ')}`
}

/** Whether the text is printable ASCII. Other bytes break a quoted-string (RFC 9110 §5.6.4). */
export function isQuotable(text: string): boolean {
  return /^[\x20-\x7E]+$/.test(text)
}

/** Whether the text is a scope token (RFC 6749 §3.3). */
export function isScope(text: string): boolean {
  return /^[\x21\x23-\x5B\x5D-\x7E]+$/.test(text)
}

function quote(value: string): string {
  return `"${value.replace(/["\\]/g, String.raw`\$&`)}"`
}
