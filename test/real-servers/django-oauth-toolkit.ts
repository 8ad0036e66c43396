import { secret } from '../harness/authorization-server.ts'
import type { CleanUp } from '../harness/listen.ts'
import { python } from './programs.ts'
import { freePort, startProgram, temporaryFolder } from './start-program.ts'

/** Starts django-oauth-toolkit, with a database in a temporary folder. Returns the issuer. */
export async function startDjangoOAuthToolkit(cleanUp: CleanUp): Promise<string> {
  const script = new URL('django-oauth-toolkit.py', import.meta.url).pathname
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/o`
  // Python writes its bytecode beside a script, unless it is run with -B.
  const args = ['-B', script, temporaryFolder(cleanUp), String(port), secret]
  await startProgram({ command: python, args, url }, cleanUp)
  return url
}
