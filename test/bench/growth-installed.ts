import { existsSync } from 'node:fs'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Series } from './measure/series.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const peers = ['express-oauth2-jwt-bearer', 'fast-jwt + get-jwks', 'jwks-rsa + express-jwt']

/** What is on the disk after `npm install`: the packages, and all that they depend on, in kB. */
export async function measureInstalled(tollgate: string): Promise<readonly Series[]> {
  const sizes = [{ contender: '@tollgate/core', bytes: await sizeOf([tollgate]) }]
  for (const contender of peers) {
    const folders = await Promise.all(contender.split(' + ').map((name) => folderOf(name, here)))
    sizes.push({ contender, bytes: await sizeOf(folders) })
  }
  return sizes.map(({ contender, bytes }) => ({
    suite: 'growth',
    setting: 'size of what is installed',
    contender,
    unit: 'kB',
    samples: [bytes / 1000],
  }))
}

async function sizeOf(folders: readonly string[]): Promise<number> {
  const all = new Set<string>()
  for (const folder of folders) {
    await collect(folder, all)
  }
  return sum(await Promise.all([...all].map(bytesIn)))
}

/** With its dependencies, and theirs. */
async function collect(folder: string, found: Set<string>): Promise<void> {
  if (found.has(folder)) {
    return
  }
  found.add(folder)
  const { dependencies = {} } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    readonly dependencies?: Readonly<Record<string, string>>
  }
  for (const name of Object.keys(dependencies)) {
    await collect(await folderOf(name, folder), found)
  }
}

/** Where the package is that `name` means in a folder. */
async function folderOf(name: string, from: string): Promise<string> {
  const places = createRequire(join(from, 'package.json')).resolve.paths(name) ?? []
  const place = places.find((candidate) => existsSync(join(candidate, name, 'package.json')))
  if (place === undefined) {
    throw new Error(`${name} is not installed for ${from}`)
  }
  return realpath(join(place, name))
}

/** Without what is installed inside. */
async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const own = files.filter((file) => !relative(folder, file).split(sep).includes('node_modules'))
  const sizes = await Promise.all(own.map(async (file) => (await stat(file)).size))
  return sum(sizes)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
