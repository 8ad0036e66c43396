import { execFile } from 'node:child_process'

export interface Ended {
  /** 0 is a success. A name is a signal or a failure to start. */
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

/** Milliseconds. A program that hangs fails, and a slow machine is no failure. */
const timeout = 600_000

/** Runs a program to its end. A failure does not throw. Paths in the output are relative to its folder. */
export async function run(command: string, args: readonly string[], cwd: string): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd, timeout, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : (error.code ?? error.signal ?? 'failed')
      resolve({ code, stdout: stdout.replaceAll(`${cwd}/`, ''), stderr: stderr.replaceAll(`${cwd}/`, '') })
    })
  })
}

/** The lines of the output of a failed program that report an error. Without such a line: the last one. */
export function complaints({ code, stdout, stderr }: Ended, error: RegExp): readonly string[] {
  if (code === 0) {
    return []
  }
  const lines = `${stdout}\n${stderr}`.split('\n').map((line) => line.trim())
  const telling = lines.filter((line) => error.test(line))
  return telling.length > 0 ? telling : [`ended with ${code}: ${lines.findLast((line) => line !== '') ?? 'no output'}`]
}
