import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The folder of the workspace. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url))

/** Sorted paths from the root. */
export function files(pattern: string | readonly string[]): readonly string[] {
  return globSync(pattern, { cwd: root, exclude: ['**/node_modules/**', 'docs/reference/html/**'] }).toSorted()
}

export function read(file: string): string {
  return readFileSync(`${root}/${file}`, 'utf8')
}
