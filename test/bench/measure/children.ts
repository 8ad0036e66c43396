import { fork } from 'node:child_process'
import { once } from 'node:events'

/** A process of its own, so that what it compiles and keeps is nobody else's. It is asked one thing at a time. */
export interface Child<Question extends object> {
  /** Rejects when the child fails; why is on its standard error. */
  readonly ask: (question: Question) => Promise<number>
  readonly close: () => Promise<void>
}

/** Starts a file that calls `serve`, and resolves once it is prepared. What frameworks print and keep while one develops is nobody's cost. */
export async function startChild<Question extends object>(
  file: string,
  setting: object,
  execArgv: readonly string[] = [],
): Promise<Child<Question>> {
  const child = fork(new URL(file, new URL('..', import.meta.url)), {
    execArgv: ['--no-deprecation', ...execArgv],
    env: { ...process.env, NODE_ENV: 'production' },
  })

  async function ask(question: object): Promise<number> {
    const answered = new AbortController()
    const { signal } = answered
    child.send(question)
    const failure = once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`${file} ended with ${String(code)}`)
    })
    try {
      const [answer] = await Promise.race([once(child, 'message', { signal }), failure])
      return answer as number
    } finally {
      answered.abort()
    }
  }

  async function close(): Promise<void> {
    if (child.connected) {
      child.disconnect()
      await once(child, 'exit')
    }
  }

  await ask(setting)
  return { ask, close }
}

/** In the child: `prepare` is given the setting, and what it resolves with answers the questions. */
export function serve(prepare: (setting: never) => Promise<(question: never) => Promise<number>>): void {
  // What rejects ends the child, and so tells the parent.
  process.once('disconnect', () => process.exit())
  process.once('message', (setting) => {
    void prepare(setting as never).then((answer) => {
      process.on('message', (question) => void answer(question as never).then((number) => process.send?.(number)))
      process.send?.(0)
    })
  })
}

/** Starts a child for each, one after the other, and closes all when `use` is done with them. */
export async function withChildren<Case, Question extends object, Result>(
  cases: readonly Case[],
  start: (one: Case) => Promise<Child<Question>>,
  use: (children: readonly { readonly one: Case; readonly child: Child<Question> }[]) => Promise<Result>,
): Promise<Result> {
  const children: { readonly one: Case; readonly child: Child<Question> }[] = []
  try {
    for (const one of cases) {
      children.push({ one, child: await start(one) })
    }
    return await use(children)
  } finally {
    await Promise.all(children.map(({ child }) => child.close()))
  }
}
