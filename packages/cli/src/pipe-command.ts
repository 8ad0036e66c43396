/** How people paste from the clipboard into a pipe. */
const paste: Readonly<Record<string, string>> = { darwin: 'pbpaste', win32: 'Get-Clipboard' }

/** A command that reads the token from the clipboard. */
export function pipeCommand(command: string, options: string): string {
  const source = paste[process.platform] ?? 'xclip -o'
  return `${source} | npx @tollgate/cli ${command} ${options}`.trim()
}

/** A text of a token in a command to copy. Anything that a shell could read in another way is left out. */
export function quote(text: string): string {
  return isQuotable(text) ? `'${text}'` : "'…'"
}

/** Whether every shell reads the text as it is, also without quotes. */
export function isQuotable(text: string): boolean {
  return /^[\w:/.@%+~=,-]{1,300}$/.test(text)
}
