import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { draw } from './chart.ts'
import { chartsOf } from './charts.ts'
import { documentOf } from './document.ts'
import { between } from './markers.ts'
import { readmeOf } from './readme.ts'
import { folder, formatted, type Results } from './results.ts'

const pages = { 'README.md': readmeOf, 'docs/performance.md': documentOf }

/** Writes a run into the README and the documentation, and draws its charts. */
export async function publish(results: Results): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, chart] of Object.entries(chartsOf(results.series))) {
    await writeFile(new URL(`${name}.svg`, folder), await draw(chart))
  }
  for (const [name, contentOf] of Object.entries(pages)) {
    const page = between(name, await read(name), contentOf(results))
    await writeFile(at(name), await formatted(name, page))
  }
}

/** Fails where there is no place to write to: better known before a long run than after. */
export async function demandPlaces(): Promise<void> {
  for (const name of Object.keys(pages)) {
    between(name, await read(name), '')
  }
}

/** A page that is not there has no place to write to either. */
function read(name: string): Promise<string> {
  return readFile(at(name), 'utf8').catch(() => '')
}

function at(name: string): URL {
  return new URL(`../../../${name}`, import.meta.url)
}
