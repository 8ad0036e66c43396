/** Whether a text consists of ASCII characters. Every other character takes several bytes in UTF-8. */
export function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length
}
