import { expectText, invalidOption } from '../lib/invalid-option.ts'
import { isQuotable } from './challenge.ts'

/** Checks the option `realm`, which is in every challenge of Bearer. */
export function expectRealm(realm: unknown): string {
  const text = expectText(realm, 'realm')
  if (!isQuotable(text)) {
    throw invalidOption('Expected `realm` to be printable ASCII')
  }
  return text
}
