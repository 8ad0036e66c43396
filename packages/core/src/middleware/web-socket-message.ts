import { memberOf } from '../lib/record.ts'
import { invalidRequest } from '../responses/refusal.ts'

/** In version 7 of `ws`, a text is a string, and any other message is binary. */
export type Message = readonly [data: unknown, isBinary?: boolean]

/** In bytes, or in characters of a text. Data of `ws` is a text, bytes, or an array of bytes. */
export function sizeOf([data]: Message): number {
  return [data]
    .flat()
    .reduce<number>((size, part) => size + Number(memberOf(part, 'byteLength') ?? String(part).length), 0)
}

/** `undefined` without a message. Throws the refusal of a binary one. */
export function textOf(message: Message | undefined): string | undefined {
  if (message === undefined) {
    return undefined
  }
  const [data, isBinary = typeof data !== 'string'] = message
  if (isBinary) {
    throw invalidRequest('malformed-credentials')
  }
  return String(data)
}
