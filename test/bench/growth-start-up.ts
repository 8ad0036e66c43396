import { execFile } from 'node:child_process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { interleave } from './measure/interleave.ts'
import type { Series } from './measure/series.ts'

const here = fileURLToPath(new URL('.', import.meta.url))

/** How long it takes until the first validator is there, in a process that does nothing else; and what others take until they could verify a token. */
export async function measureStartUp(entry: string, rounds: number): Promise<readonly Series[]> {
  const core = `const { createValidator } = await import('${pathToFileURL(entry).href}')`
  const contenders = {
    tollgate: `${core}; createValidator({ issuer: 'https://as.example', audience: 'https://api.example.com' })`,
    'an empty script': '',
    jose: `const { createRemoteJWKSet } = await import('jose'); createRemoteJWKSet(new URL('https://as.example/jwks.json'))`,
    'express-oauth2-jwt-bearer': `const { auth } = await import('express-oauth2-jwt-bearer'); auth({ issuerBaseURL: 'https://as.example', audience: 'https://api.example.com' })`,
  }
  const all = Object.entries(contenders).map(([contender, work]) => ({ contender, work, ends: [] as number[] }))
  const beside = { suite: 'growth', unit: 'ms' } as const
  const alone = await interleave(
    { ...beside, setting: 'start-up' },
    all.map(({ contender, work, ends }) => ({
      contender,
      measure: async () => {
        const [began, ended] = await run(work)
        ends.push(ended)
        return ended - began
      },
    })),
    rounds,
  )
  const withNode = all.map(({ contender, ends }) => ({
    ...beside,
    setting: 'start-up, that of Node included',
    contender,
    samples: ends,
  }))
  return [...alone, ...withNode]
}

/** When the work began and ended in a new process, in milliseconds since that started. It is no file, so that no types have to be stripped. */
async function run(work: string): Promise<readonly [began: number, ended: number]> {
  const script = `const began = performance.now(); ${work}; console.log(JSON.stringify([began, performance.now()]))`
  const options = ['--input-type=module', '--eval', script]
  const { stdout } = await promisify(execFile)(process.execPath, options, { cwd: here })
  return JSON.parse(stdout) as [number, number]
}
