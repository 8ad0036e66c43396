/** One mistake can show in every file, so that more lines add no information. */
const shown = 10

/** Runs one step and prints the result: one line for a success, or one for each problem. */
export async function step(name: string, check: () => Promise<readonly string[]>): Promise<boolean> {
  const problems = await check().catch((error: unknown) => [error instanceof Error ? error.message : String(error)])
  for (const problem of problems.slice(0, shown)) {
    process.stdout.write(`FAIL  ${name}: ${problem}\n`)
  }
  if (problems.length > shown) {
    process.stdout.write(`FAIL  ${name}: … and ${problems.length - shown} more\n`)
  }
  if (problems.length === 0) {
    process.stdout.write(`ok    ${name}\n`)
    return true
  }
  process.exitCode = 1
  return false
}
