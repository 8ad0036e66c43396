import { Agent, type Dispatcher } from 'undici'
import { onTestFinished } from 'vitest'

/** An attempt to reach somebody, whether it did or not. */
export interface Call {
  readonly path: string
  /** The time of the clock at which it began. */
  readonly at: number
}

export interface Caller {
  readonly dispatcher: Dispatcher
  readonly calls: readonly Call[]
}

/** Real connections that note every call before it is made: a port that is closed could not. */
export function openCaller(clock: () => number): Caller {
  const calls: Call[] = []
  const agent = new Agent()
  onTestFinished(() => agent.destroy())
  const dispatcher = agent.compose((dispatch) => (options, handler) => {
    calls.push({ path: options.path, at: clock() })
    return dispatch(options, handler)
  })
  return { dispatcher, calls }
}

/**
 * Of calls that all failed, those that came sooner than the back-off allows after the one before to the same path: the pause is 1 s,
 * doubling to 30 s, less 20 %.
 */
export function tooEarly(calls: readonly Call[]): readonly string[] {
  return [...Map.groupBy(calls, ({ path }) => path)].flatMap(([path, ofPath]) =>
    ofPath.slice(1).flatMap(({ at }, index) => {
      const wait = at - (ofPath[index]?.at ?? 0)
      const least = 800 * Math.min(30, 2 ** index)
      return wait < least ? [`call ${index + 2} of ${path} came after ${wait} ms instead of ${least}`] : []
    }),
  )
}
