import { files, read } from './files.ts'
import { type Page, parsePage } from './parse-page.ts'

const patterns = ['*.md', 'docs/**/*.md', 'packages/*/*.md', 'examples/*.md', 'examples/*/*.md']

/** The pages of the documentation. */
export const pages: readonly Page[] = files(patterns).map((path) => parsePage(path, read(path)))
