import { spawnSync } from 'node:child_process'

/** Programs of Debian can be in a folder that is not on the PATH of every account. */
export const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin`

/** The Python of Debian. Another one has none of the modules that Debian installs. */
export const python = '/usr/bin/python3'

/** The browser of Debian. */
export const chromiumPath = '/usr/bin/chromium'

/** What the tests `*.real.test.ts` need: a command that succeeds where it is installed, and the packages of Debian. */
const needs = {
  nginx: { check: ['nginx', '-v'], packages: 'nginx-light' },
  // Without a choice of its database, the installation of the package fails.
  glewlwyd: { check: ['glewlwyd', '--version'], packages: 'glewlwyd dbconfig-sqlite3' },
  'django-oauth-toolkit': { check: [python, '-c', 'import oauth2_provider'], packages: 'python3-django-oauth-toolkit' },
  chromium: { check: [chromiumPath, '--version'], packages: 'chromium' },
  redis: { check: ['redis-server', '--version'], packages: 'redis-server' },
  // Debian 12 has it in bookworm-backports only, which `.ci/run` adds.
  valkey: { check: ['valkey-server', '--version'], packages: 'valkey-server # Debian 12: in bookworm-backports' },
} as const

/** A line for each missing program, which says how to install it. */
export function missingPrograms(): readonly string[] {
  return Object.entries(needs)
    .filter(([, { check }]) => !succeeds(check))
    .map(([name, { packages }]) => `${name} is missing: apt-get install -y --no-install-recommends ${packages}`)
}

function succeeds([command, ...args]: readonly [string, ...string[]]): boolean {
  return spawnSync(command, args, { env: { PATH }, stdio: 'ignore' }).status === 0
}
