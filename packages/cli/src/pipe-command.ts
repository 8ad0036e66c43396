/** How people paste from the clipboard into a pipe. */
const paste: Readonly<Record<string, string>> = { darwin: 'pbpaste', win32: 'Get-Clipboard' }

/** A command that reads the token from the clipboard. */
export function pipeCommand(command: string, options: string): string {
  const source = paste[process.platform] ?? 'xclip -o'
  return `${source} | npx @tollgate/cli ${command} ${options}`.trim()
}
