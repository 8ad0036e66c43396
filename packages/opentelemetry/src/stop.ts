/** Ends a recording. */
export type Stop = () => void

export function stopAll(stops: readonly Stop[]): Stop {
  return () => stops.forEach((stop) => stop())
}
