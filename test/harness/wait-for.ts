import { vi } from 'vitest'

/** Waits for an event that must come, and allows for a slow machine. Do not use it for an event that must not come. */
export async function waitFor(hasCome: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitUntil(hasCome, { timeout: 200_000, interval: 5 })
}
