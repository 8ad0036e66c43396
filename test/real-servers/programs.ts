import { spawnSync } from 'node:child_process'

/** The programs that the tests `*.real.test.ts` need, and the Debian package of each. */
const programs = { nginx: 'nginx-light' } as const

/** Programs of Debian can be in a folder that is not on the PATH of every account. */
export const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin`

export function missingPrograms(): readonly string[] {
  return Object.entries(programs)
    .filter(([program]) => spawnSync(program, ['-v'], { env: { PATH } }).error !== undefined)
    .map(([program, name]) => `${program} is missing: apt-get install -y --no-install-recommends ${name}`)
}
