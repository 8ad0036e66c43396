/**
 * The bytes of a text, as an instance of the global `Uint8Array`, which jose demands. The jsdom environment of a test
 * runner replaces that class, but neither `TextEncoder` nor `Buffer`.
 */
export function textBytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text))
}
