const [begin, end] = ['<!-- bench:begin -->', '<!-- bench:end -->'] as const

/** Puts `content` in place of what is between the markers of a file; `name` is for who has to be told that they are missing. */
export function between(name: string, text: string, content: string): string {
  const [before, rest] = halves(name, text, begin)
  const [, after] = halves(name, rest, end)
  return `${before}${begin}\n\n${content}\n\n${end}${after}`
}

function halves(name: string, text: string, marker: string): readonly [string, string] {
  const [one, other, ...more] = text.split(marker)
  if (one === undefined || other === undefined || more.length > 0) {
    throw new Error(
      `${name} needs the comments ${begin} and, after it, ${end}, each once: the bench writes between them`,
    )
  }
  return [one, other]
}
