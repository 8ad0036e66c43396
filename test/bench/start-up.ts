import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { pinnedTo } from './child.ts'
import { inRandomOrder, type Measurement } from './measurements.ts'

export const startUp = 'start-up, ms'

/** Measures the time to import a library and to create its validator, in new processes. */
export async function measureStartUp(rounds: number): Promise<readonly Measurement[]> {
  console.error('start-up')
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-start-up-'))
  const measurements: Measurement[] = []
  try {
    const scripts = Object.entries({ Tollgate: compiledTollgate(folder), jose })
    for (let round = 0; round < rounds; round += 1) {
      await inRandomOrder(scripts, async ([contender, script]) => {
        measurements.push({ setting: startUp, contender, round, value: timeOf(script) })
      })
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return measurements
}

const jose = `const { createRemoteJWKSet, jwtVerify } = await import('jose')
  createRemoteJWKSet(new URL('https://as.example/jwks'))`

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Compiles `@tollgate/core`, because a published package has no types to remove. */
function compiledTollgate(folder: string): string {
  const [core, dist] = [join(root, 'packages/core'), join(folder, 'dist')]
  const options = ['--outDir', dist, '--tsBuildInfoFile', join(folder, 'tsbuildinfo')]
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['--project', join(core, 'tsconfig.build.json'), ...options])
  symlinkSync(join(core, 'node_modules'), join(folder, 'node_modules'), 'dir')
  cpSync(join(core, 'package.json'), join(folder, 'package.json'))
  return `const { createValidator } = await import('${pathToFileURL(join(dist, 'index.js')).href}')
    createValidator({ issuer: 'https://as.example', audience: 'https://api.example' })`
}

function timeOf(script: string): number {
  const timed = `const start = performance.now()\n${script}\nconsole.log(performance.now() - start)`
  const [command, ...options] = [...pinnedTo('first'), process.execPath, '--input-type=module', '--eval', timed]
  return Number(execFileSync(command, options, { cwd: join(root, 'test/bench') }))
}
