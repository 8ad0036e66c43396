import { describe } from '../lib/invalid-option.ts'
import { isRecord } from '../lib/record.ts'
import { hintForCopy } from '../lib/shared-state.ts'

/** The end of the message about a value that is no guard. */
export function hintForMistake(mistake: unknown): string {
  const copy = hintForCopy(mistake)
  if (copy !== '') {
    return copy
  }
  if (typeof mistake === 'string') {
    return ", got a string: did you mean scopes('…')?"
  }
  if (Array.isArray(mistake)) {
    return ', got an array: pass the guards one by one'
  }
  if (typeof mistake === 'function') {
    return ", got a function: a guard is its result, such as scopes('…')"
  }
  const isRequest = isRecord(mistake) && 'method' in mistake && 'headers' in mistake
  return isRequest ? ', got a request: call protect() where you use it' : `, got ${describe(mistake)}`
}
