import type { Readable, Writable } from 'node:stream'
import { findToken, type PastedToken } from './pasted-token.ts'
import { readBytes } from './read-bytes.ts'
import { UsageError } from './usage.ts'

/** Standard input: a pipe, a file, or a terminal. */
export type Input = Readable & { readonly isTTY?: boolean; readonly setRawMode?: (isRaw: boolean) => unknown }

/** A token has at most 16 KiB. A token response has more than one. */
const maxBytes = 256 * 1024

/**
 * Reads the token from standard input. A terminal shows a prompt, and does not show the token.
 *
 * @throws UsageError for an input without a token, or with more than 256 KiB.
 */
export async function readToken(input: Input, prompt: Writable): Promise<PastedToken> {
  const text =
    input.isTTY === true && input.setRawMode !== undefined
      ? await readHidden(input, prompt)
      : decode(await readBytes(input, maxBytes, tooLarge))
  return findToken(text)
}

const tooLarge = new UsageError({
  problem: 'standard input has more than 256 KiB',
  fix: 'Pipe the token alone.',
})

/** PowerShell of Windows writes UTF-16 into a file. */
function decode(bytes: Buffer): string {
  return bytes[0] === 0xff && bytes[1] === 0xfe ? bytes.toString('utf16le') : bytes.toString('utf8')
}

/**
 * Reads a line in raw mode: the terminal shows nothing, and accepts a line of more than 1,024 characters, which macOS
 * does not otherwise.
 */
async function readHidden(input: Input, prompt: Writable): Promise<string> {
  prompt.write('Paste the token, and press Enter. It is not shown: ')
  input.setRawMode?.(true)
  try {
    return await readLine(input)
  } finally {
    input.setRawMode?.(false)
    input.pause()
    prompt.write('\n')
  }
}

const interrupt = '\u0003'
const endOfInput = '\u0004'
const backspaces = new Set(['\u007F', '\b'])

async function readLine(input: Input): Promise<string> {
  let line = ''
  for await (const chunk of input as AsyncIterable<Buffer | string>) {
    for (const character of withoutPasteMarks(String(chunk))) {
      if (character === interrupt) {
        throw new UsageError({ problem: 'the input was interrupted', fix: 'Paste the token, and press Enter.' })
      }
      // A pasted token response has several lines.
      if (character === endOfInput || (/[\r\n]/.test(character) && isComplete(line))) {
        return line
      }
      line = backspaces.has(character) ? line.slice(0, -1) : line + character
    }
    if (line.length > maxBytes) {
      throw tooLarge
    }
  }
  return line
}

function isComplete(line: string): boolean {
  const text = line.trim()
  return text !== '' && (!text.startsWith('{') || text.endsWith('}'))
}

/** Terminals put marks around a paste. */
function withoutPasteMarks(text: string): string {
  return text.replaceAll('\u001B[200~', '').replaceAll('\u001B[201~', '')
}
