/** The columns that every terminal has. */
const columns = 80

/**
 * Escapes control characters, characters that change the direction of a text, and line breaks. Foreign text could
 * otherwise rewrite a terminal. The result is also valid within JSON.
 */
export function escapeControls(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_none, index) => {
      const hex = character.charCodeAt(index).toString(16).padStart(4, '0')
      return String.raw`\u${hex}`
    }).join(''),
  )
}

/** One line of a message of another program, in at most 300 characters. */
export function showMessage(message: string): string {
  const [line = ''] = message.trim().split('\n')
  return escapeControls(line.length > 300 ? `${line.slice(0, 300)}…` : line)
}

/** Breaks a text into lines of 80 columns. A word that is longer, such as a URL, has a line of its own. */
export function wrap(text: string, indent: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && indent + last.length + 1 + word.length <= columns) {
      lines[lines.length - 1] = `${last} ${word}`
    } else {
      lines.push(word)
    }
  }
  return lines
}

/** A label, and a text beside it that continues below itself. */
export function beside(label: string, text: string, indent: number): readonly string[] {
  return wrap(text, indent).map((line, index) => `${(index === 0 ? label : '').padEnd(indent)}${line}`)
}
