import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Setting } from './world.ts'

/** Starts the server of a contender in this process. Resolves with its port. */
export async function startServer(framework: string, name: string, setting: Setting): Promise<number> {
  const file = `./contenders/${framework.split(' ', 1).join('').toLowerCase()}.ts`
  const { start } = (await import(file)) as { start: (name: string, setting: Setting) => Promise<Server> }
  return ((await start(name, setting)).address() as AddressInfo).port
}

/** The CPU time of this process so far, in microseconds. */
export async function cpuTime(): Promise<number> {
  const { user, system } = process.cpuUsage()
  return user + system
}
