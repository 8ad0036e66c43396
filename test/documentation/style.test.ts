import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

// Checks two rules: sentences are short, and the words that replaced others are used everywhere.

const root = new URL('../..', import.meta.url).pathname

function read(pattern: string): readonly { readonly file: string; readonly text: string }[] {
  const files = globSync(pattern, { cwd: root, exclude: ['**/node_modules/**', 'docs/reference/html/**'] })
  return files.map((file) => ({ file, text: readFileSync(`${root}/${file}`, 'utf8') }))
}

const comment = /\/\*[^]*?\*\/|(?:^[ \t]*\/\/.*\n)+|(?<=\s)\/\/ .*$/gm
const string = /'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g

/** Returns a paragraph for each comment, list item and `@` tag. */
function paragraphsOfCode(code: string): readonly string[] {
  const comments = code.match(comment) ?? []
  return comments.flatMap((text) => text.replaceAll(/^\s*(?:\/\*+|\*+\/?|\/\/)|\*\/$/gm, '').split(/\n\s*(?=[-@]|\n)/))
}

/** Returns a paragraph for each block, list item and table cell. Code blocks are no prose. */
function paragraphsOfPage(page: string): readonly string[] {
  const prose = page.replaceAll(/^```[^]*?^```|<!--[^]*?-->/gm, '')
  return prose.split(/\n\n|\n(?=[-*#] )|\s\|/)
}

/** A code span counts as one word, and a link as its text. Short notes such as `Default: 5.` do not count. */
function sentencesOf(paragraph: string): readonly string[] {
  const text = paragraph.replaceAll(/`[^`]*`/g, 'code').replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
  return text.split(/(?<=[.!?])\s+/).filter((sentence) => (sentence.match(/[a-z]+/gi) ?? []).length > 3)
}

const packages = globSync('packages/*/src', { cwd: root })
const prose: readonly (readonly [name: string, paragraphs: readonly string[]])[] = [
  ...packages.map(
    (folder) => [folder, read(`${folder}/**/*.ts`).flatMap(({ text }) => paragraphsOfCode(text))] as const,
  ),
  [
    'the pages',
    ['*.md', 'docs/**/*.md', 'packages/*/README.md', 'examples/*.md']
      .flatMap(read)
      .flatMap(({ text }) => paragraphsOfPage(text)),
  ],
]

test.each(prose)('fewer than one in twenty sentences of %s has more than 25 words', (_name, paragraphs) => {
  const sentences = paragraphs.flatMap(sentencesOf).map((sentence) => sentence.trim().split(/\s+/))
  const long = sentences.filter((words) => words.length > 25)
  const shown = long.slice(0, 20).map((words) => words.join(' '))
  expect(long.length / sentences.length, shown.join('\n')).toBeLessThan(0.05)
})

/** Old words that no identifier may contain, and no comment. */
const removedParts =
  'soon judg\\w* gate admi(t|tted|ssion) visits? tally upkeep flights patience restrained ' +
  'unintelligible rememb\\w* holdings? told'
/** Old words that no whole identifier may be. They are correct in comments and in names such as `maxLifetime`. */
const removedNames =
  'whenThere isLater withFailures promised letIn goBy notes failureOf writing ' +
  'headerLinesOf asIssued lookUps outside world reach ' +
  'pause lifetime refusals extras answers addresses bearer exchange ask search'
/** Methods of Node and of `ws`, an option with IP addresses, former names that still work, and the method of `ReplayStore`. */
const exceptions = new Set(['destroySoon', 'pause', 'addresses', 'headerLinesOf', 'refusals', 'remember'])

const removedPart = new RegExp(`^(${removedParts.replaceAll(' ', '|')})$`)
const removedName = new RegExp(`^(${removedNames.replaceAll(' ', '|')})$`, 'i')

function partsOf(name: string): readonly string[] {
  return name.split(/(?=[A-Z])|[^a-zA-Z]/).map((part) => part.toLowerCase())
}

test.each(packages)('the code of %s uses no old word', (folder) => {
  const found = read(`${folder}/**/*.ts`).flatMap(({ file, text }) => {
    const code = text.replaceAll(comment, '').replaceAll(string, '')
    const names = [...(code.match(/(?<!\.)\b[A-Za-z_]\w*/g) ?? []), ...file.slice(folder.length).split(/[/.]/)]
    const old = names.filter(
      (name) =>
        !exceptions.has(name) && (removedName.test(name) || partsOf(name).some((part) => removedPart.test(part))),
    )
    const words = (text.match(comment) ?? []).flatMap((line) => line.match(/\w+/g) ?? [])
    const oldWords = words.filter((word) => word !== 'soon' && removedPart.test(word))
    return [...new Set([...old, ...oldWords])].map((word) => `${file}: ${word}`)
  })
  expect(found).toEqual([])
})
