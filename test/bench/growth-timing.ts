import { serve } from './measure/children.ts'
import { type Case, type Trials, trialsOf } from './growth-cases.ts'
import { offer, timeOf } from './measure/laps.ts'

/** How long a validation takes in this child, measured over so many milliseconds. */
export interface TimingQuestion {
  readonly tokens: keyof Trials
  readonly milliseconds: number
}

const untilCompiled = 200

serve(async (one: Case) => {
  const trials = trialsOf(one)
  await offerAll(trials.warm)
  await timeOf(trials.cold, untilCompiled)
  await timeOf(trials.warm, untilCompiled)
  return ({ tokens, milliseconds }: TimingQuestion) => timeOf(trials[tokens], milliseconds)
})

/** Each token that comes again has come before: three times, or, where they are too many to be remembered, once. */
async function offerAll({ validate, headers, count }: Trials['warm']): Promise<void> {
  const most = count > 100_000 ? count : 3 * count
  for (let offered = 0; offered < most; offered += 1024) {
    await offer(headers(Math.min(1024, most - offered)), validate)
  }
}
