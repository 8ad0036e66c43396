import { setTimeout as sleep } from 'node:timers/promises'

/** Events without an end. */
export async function* prices(): AsyncGenerator<string> {
  for (let price = 1; ; price += 1) {
    yield `data: ${price}\n\n`
    await sleep(50)
  }
}
