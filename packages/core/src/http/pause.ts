const firstPause = 1000
/** Milliseconds. */
export const longestPause = 30_000

/** 1 s, doubling to 30 s, ± 20 %, so that a fleet does not come back in step. */
export function pauseAfter(failures: number): number {
  const pause = Math.min(longestPause, firstPause * 2 ** (failures - 1))
  return pause * (0.8 + 0.4 * Math.random())
}
