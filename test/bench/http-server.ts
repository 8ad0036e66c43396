import type { AddressInfo } from 'node:net'
import type { HttpContender, HttpSetting } from './contenders/http/contender.ts'

/** What the process is told first. */
export interface Order {
  readonly module: string
  readonly setting: HttpSetting
}

/**
 * One server in a process of its own, which has loaded what this server needs and nothing else. It tells its port once it listens, and from
 * then on, whenever asked, how much CPU time it has had, in microseconds.
 */
process.once('message', ({ module, setting }: Order) => {
  void start(module, setting)
})

process.once('disconnect', () => process.exit())

async function start(module: string, setting: HttpSetting): Promise<void> {
  const { contender } = (await import(module)) as { readonly contender: HttpContender }
  const server = await contender.start(setting)
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.(user + system)
  })
  process.send?.((server.address() as AddressInfo).port)
}
