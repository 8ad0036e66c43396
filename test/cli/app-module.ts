import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MockIssuer } from '@tollgate/mock-issuer'
import { onTestFinished } from 'vitest'
import { type Ended, runBinary } from './commands.ts'

/**
 * Explains a token of the issuer with a module of an app. CORE, EXPRESS and ISSUER in the code stand for the packages and for
 * the issuer.
 */
export async function explainWith(
  issuer: MockIssuer,
  code: string,
  name = 'auth.ts',
  ...args: readonly string[]
): Promise<Ended> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-cli-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const core = JSON.stringify(import.meta.resolve('@tollgate/core'))
  const express = JSON.stringify(import.meta.resolve('@tollgate/express'))
  const text = code.replaceAll('CORE', core).replaceAll('EXPRESS', express).replaceAll('ISSUER', `'${issuer.url}'`)
  await writeFile(join(folder, name), text)
  return runBinary(
    { args: ['explain', '--config', `./${name}`, ...args], input: await issuer.accessToken({ tenant: 'a' }) },
    folder,
  )
}
