/** An expected name that a name almost is, and how the two differ. */
export interface Difference {
  readonly expected: string
  /** Continues a sentence: `it differs …`. */
  readonly how: string
}

/** The smallest difference between a name and the expected ones. `undefined` when they have nothing in common. */
export function differenceOf(name: string, expected: readonly string[]): Difference | undefined {
  for (const [how, same] of spellings) {
    const spelling = same(name)
    const alike = expected.find((candidate) => same(candidate) === spelling)
    if (alike !== undefined) {
      return { expected: alike, how }
    }
  }
  return undefined
}

/** The only part in which a URL differs from an expected one. `undefined` when they are no URLs, or differ in more. */
export function differingPart(name: string, expected: readonly string[]): 'path' | 'host' | undefined {
  const url = urlOf(name)
  for (const candidate of url === undefined ? [] : expected) {
    const other = urlOf(candidate)
    if (url !== undefined && other !== undefined && other.host === url.host) {
      return 'path'
    }
    if (url !== undefined && other?.pathname === url.pathname && url.pathname.length > 1) {
      return 'host'
    }
  }
  return undefined
}

const withoutSlash = (name: string): string => name.replace(/\/$/, '')
const withoutScheme = (name: string): string => name.replace(/^https?:\/\//i, '')
const withScheme = (name: string): string => (name.includes('://') ? name : `https://${name}`)
const withoutPort = (name: string): string =>
  name.replace(/^(https:\/\/[^/]*):443(?=\/|$)|^(http:\/\/[^/]*):80(?=\/|$)/, '$1$2')
const withoutWellKnown = (name: string): string => withoutSlash(name.split('/.well-known/')[0] ?? '')
const withoutApi = (name: string): string => name.replace(/^(api|urn|app):(\/\/)?/, '')

/** From the smallest difference to the largest. Each function removes what does not count. */
const spellings: readonly (readonly [how: string, same: (name: string) => string])[] = [
  ['only by white space', (name) => name.trim()],
  ['only by a trailing slash', withoutSlash],
  ['only in upper and lower case', (name) => name.toLowerCase()],
  ['only by `https://` in front', withScheme],
  ['only by `http:` and `https:`', withoutScheme],
  ['only by the default port', withoutPort],
  ['only by the path of its metadata', withoutWellKnown],
  ['only by a prefix (`api://`, `urn:` or `app:`)', withoutApi],
  [
    'only in its spelling (slash, case, scheme or prefix)',
    (name) => withoutApi(withoutScheme(withoutPort(withoutWellKnown(name.trim().toLowerCase())))),
  ],
]

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}
