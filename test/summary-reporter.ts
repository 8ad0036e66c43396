import type { Reporter, TestModule } from 'vitest/node'

/** Ends a run with the figures that tests have annotated, and one line of counts. A file that does not load counts as failed. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const figures = tests.flatMap((test) => test.annotations().filter(({ type }) => type === 'figures'))
    process.stdout.write(figures.map(({ message }) => `\n${message}`).join(''))
    const states = tests.map((test) => test.result().state)
    const broken = modules.filter((module) => module.errors().length > 0).length
    const count = (state: string): number => states.filter((candidate) => candidate === state).length
    process.stdout.write(
      `\n${count('passed')} passed, ${count('failed') + broken} failed, ${count('skipped')} skipped\n`,
    )
  }
}
