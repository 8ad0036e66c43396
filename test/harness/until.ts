import { vi } from 'vitest'

/** Waits for what has to come, however slow the machine is. */
export async function until(hasCome: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitUntil(hasCome, { timeout: 5000, interval: 5 })
}
