/** Whether a NumericDate (RFC 7519 §2) is a number of milliseconds by mistake: as seconds, it is after the year 5138. */
export function isInMilliseconds(time: number): boolean {
  return time >= 1e11
}
