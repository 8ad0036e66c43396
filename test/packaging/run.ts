import { execFile } from 'node:child_process'

export interface Ended {
  /** How it ended: 0 is well, a name is a signal or a failure to start. */
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

/** Far more than any of them needs, so that one that hangs fails instead. */
const patience = 60_000

/** Runs a program to its end, and does not throw when that is a bad one. What it says of its folder is made relative. */
export async function run(command: string, args: readonly string[], cwd: string): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd, timeout: patience, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : (error.code ?? error.signal ?? 'failed')
      resolve({ code, stdout: stdout.replaceAll(`${cwd}/`, ''), stderr: stderr.replaceAll(`${cwd}/`, '') })
    })
  })
}

/** What a program that failed has to say: its lines that tell of an error, else the last one of all. */
export function complaints({ code, stdout, stderr }: Ended, error: RegExp): readonly string[] {
  if (code === 0) {
    return []
  }
  const lines = `${stdout}\n${stderr}`.split('\n').map((line) => line.trim())
  const telling = lines.filter((line) => error.test(line))
  return telling.length > 0 ? telling : [`ended with ${code}: ${lines.findLast((line) => line !== '') ?? 'no output'}`]
}
