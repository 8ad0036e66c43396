/** Whether a text consists of ASCII characters. Every other character takes several bytes in UTF-8. */
export function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length
}

/** The escape of a UTF-16 code unit in JSON, such as `\u00e9`. */
export function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
