import type { Dispatcher } from 'undici'
import { describe, invalidOption } from '../lib/invalid-option.ts'
import { asRecord } from '../lib/record.ts'

/** Checks the option `dispatcher`. */
export function expectDispatcher(dispatcher: Dispatcher): Dispatcher {
  if (typeof asRecord(dispatcher)['dispatch'] !== 'function') {
    const onBun = "On Bun, import it from 'undici/index.js', because Bun replaces the package `undici`"
    const fix = 'bun' in process.versions ? `. ${onBun}` : ''
    throw invalidOption(`Expected \`dispatcher\` to be a dispatcher of undici, got ${describe(dispatcher)}${fix}`)
  }
  return dispatcher
}
