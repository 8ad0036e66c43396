const firstPause = 1000
/** Milliseconds. */
export const longestPause = 30_000

/** Milliseconds until then. A clock that was set back makes nobody wait longer than the longest pause. */
export function timeUntil(then: number, now: number): number {
  const wait = then - now
  return wait > 1.2 * longestPause ? 0 : wait
}

/** 1 s, doubling to 30 s, ± 20 %, so that a fleet does not come back in step. */
export function pauseAfter(failures: number): number {
  const pause = Math.min(longestPause, firstPause * 2 ** (failures - 1))
  return pause * (0.8 + 0.4 * Math.random())
}
