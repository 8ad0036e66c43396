import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const { platform, arch } = process
const ofDeno = `${platform}-${arch === 'arm64' ? 'arm64' : 'x64'}${platform === 'linux' ? '-glibc' : ''}`
const ofBun = `${platform}-${arch === 'arm64' ? 'aarch64' : 'x64'}`
const offline = ['--no-check', '--no-lock', '--no-config', '--no-remote', '--node-modules-dir=manual']
const granted = ['--allow-net', '--allow-env', '--allow-read']

/** The commands that run a file. Bun and Deno are packages of npm, with a binary for each platform. */
export const runtimes = {
  Node: () => [process.execPath],
  Bun: () => [binary(`@oven/bun-${ofBun}`, 'bin/bun')],
  Deno: () => [binary(`@deno/${ofDeno}`, 'deno'), 'run', ...offline, ...granted],
} as const satisfies Record<string, () => readonly string[]>

function binary(name: string, path: string): string {
  return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), path)
}

/** Runs a file of this folder with an argument, and returns what it prints. It fails when the process does not end. */
export async function runIn(runtime: keyof typeof runtimes, file: string, argument: object): Promise<unknown> {
  const [program = '', ...args] = runtimes[runtime]()
  const script = fileURLToPath(new URL(file, import.meta.url))
  const env = { ...process.env, DENO_NO_UPDATE_CHECK: '1' }
  const options = { env, timeout: 250_000 }
  const { stdout } = await promisify(execFile)(program, [...args, script, JSON.stringify(argument)], options)
  return JSON.parse(stdout)
}
