/** Has work done on each, so many at a time. */
export async function inLanes<Item>(
  items: readonly Item[],
  inFlight: number,
  work: (item: Item) => unknown,
): Promise<void> {
  const rest = items.values()

  async function lane(): Promise<void> {
    for (const item of rest) {
      await work(item)
    }
  }

  await Promise.all(Array.from({ length: inFlight }, lane))
}
