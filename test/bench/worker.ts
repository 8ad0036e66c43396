type Exports = Readonly<Record<string, (...input: readonly unknown[]) => Promise<unknown>>>

// A rejection ends the process, and its reason is on the standard error.
process.on('message', async ({ module, name, input }: { module: string; name: string; input: readonly unknown[] }) => {
  const exported = (await import(module)) as Exports
  process.send?.({ result: await exported[name]?.(...input) })
})
process.once('disconnect', () => process.exit())
