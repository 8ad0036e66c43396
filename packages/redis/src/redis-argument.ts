import { describe, invalidOption } from '@tollgate/core/adapter'

/** Checks the option `prefix` of a store. */
export function expectPrefix(prefix: unknown): void {
  if (typeof prefix !== 'string' || !/^[\w.:-]{1,64}$/.test(prefix)) {
    const got = typeof prefix === 'string' ? 'other characters, or a longer one' : describe(prefix)
    throw invalidOption(`Expected \`prefix\` to be 1 to 64 letters, digits and any of _.:- , got ${got}`)
  }
}

/** The argument of PX. The server accepts no fraction, and no 0. */
export function wholeMilliseconds(time: number): string {
  return String(Math.max(1, Math.ceil(time)))
}
