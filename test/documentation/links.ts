import { existsSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from './files.ts'
import { pages } from './pages.ts'
import type { Page } from './parse-page.ts'

/** Returns why a link leads nowhere, or `undefined`. It fetches nothing. */
export function linkFault(page: Page, link: string): string | undefined {
  return isExternal(link) ? externalFault(link) : localFault(page, link)
}

function isExternal(link: string): boolean {
  return /^[a-z][a-z+.-]*:|^\/\//i.test(link)
}

/** The external links of all pages, without fragments. */
export function externalLinks(): readonly string[] {
  const links = pages.flatMap((page) => page.links.filter(isExternal))
  return [...new Set(links.map((link) => link.replace(/#.*/, '')))].toSorted()
}

function externalFault(link: string): string | undefined {
  const url = URL.parse(link)
  if (url === null || url.protocol !== 'https:') {
    return 'no https: URL'
  }
  const isPlain = url.hostname.includes('.') && url.username === '' && url.port === ''
  return isPlain && url.href.replace(/\/$/, '') === link.replace(/\/$/, '') ? undefined : 'not written as browsers do'
}

function localFault(page: Page, link: string): string | undefined {
  const [path = '', anchor] = link.split('#', 2)
  const target = path === '' ? page.path : relative(root, join(root, page.path, '..', decodeURI(path)))
  if (path.startsWith('/') || target.startsWith('..') || !existsSync(join(root, target))) {
    return 'no such file'
  }
  if (anchor === undefined) {
    return undefined
  }
  const anchors = target === page.path ? page.anchors : anchorsOf(target)
  return anchors.has(anchor) ? undefined : 'no such anchor'
}

/** GitHub shows the README of a folder. Lines of a file have no stable anchors. */
function anchorsOf(target: string): ReadonlySet<string> {
  const shown = statSync(join(root, target)).isDirectory() ? join(target, 'README.md') : target
  return pages.find(({ path }) => path === shown)?.anchors ?? new Set()
}
