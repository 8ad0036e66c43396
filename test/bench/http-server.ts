import type { AddressInfo } from 'node:net'
import type { HttpContender } from './contenders/http/contender.ts'
import { serve } from './measure/children.ts'
import type { Setting } from './world/world.ts'

/** Whose server it is. */
export interface ServerSetting {
  readonly module: string
  readonly setting: Setting
}

/** The port that it listens on; or how much CPU time the process has had, in microseconds. */
export interface ServerQuestion {
  readonly of: 'port' | 'CPU'
}

/** One server in a process of its own, which has loaded what this server needs and nothing else. */
serve(async ({ module, setting }: ServerSetting) => {
  const { contender } = (await import(module)) as { readonly contender: HttpContender }
  const server = await contender.start(setting)
  return async ({ of }: ServerQuestion) => {
    const { user, system } = process.cpuUsage()
    return of === 'port' ? (server.address() as AddressInfo).port : user + system
  }
})
