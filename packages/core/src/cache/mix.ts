/** FNV-1a over some characters of a text: 32 bits that tell texts apart where nothing depends upon it. */
export function mixOf(text: string, start: number, end: number): number {
  let mix = 0x811c9dc5
  for (let at = start; at < end; at += 1) {
    mix = Math.imul(mix ^ text.charCodeAt(at), 0x01000193)
  }
  return mix
}
