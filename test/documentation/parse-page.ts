import GithubSlugger from 'github-slugger'
import type { Nodes, Root } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { toString } from 'mdast-util-to-string'
import { gfm } from 'micromark-extension-gfm'
import { visit } from 'unist-util-visit'

export interface CodeBlock {
  readonly language: string
  readonly code: string
}

export interface Page {
  /** The path from the root of the workspace. */
  readonly path: string
  /** The ids that a link can name after `#`. */
  readonly anchors: ReadonlySet<string>
  /** The targets of links, images and definitions, as written. */
  readonly links: readonly string[]
  readonly blocks: readonly CodeBlock[]
  /** The code spans in sentences and tables. */
  readonly spans: readonly string[]
}

/** Parses a page as GitHub does. */
export function parsePage(path: string, text: string): Page {
  const tree = fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] })
  return {
    path,
    anchors: anchorsOf(tree),
    links: collect(tree, (node) => ('url' in node ? [node.url] : [])),
    blocks: collect(tree, (node) => (node.type === 'code' ? [{ language: node.lang ?? '', code: node.value }] : [])),
    spans: collect(tree, (node) => (node.type === 'inlineCode' ? [node.value] : [])),
  }
}

/** The slugs of headings. The second heading of one name has the suffix `-1`. */
function anchorsOf(tree: Root): ReadonlySet<string> {
  const slugger = new GithubSlugger()
  return new Set(collect(tree, (node) => (node.type === 'heading' ? [slugger.slug(toString(node))] : [])))
}

function collect<Item>(tree: Root, itemsOf: (node: Nodes) => readonly Item[]): readonly Item[] {
  const items: Item[] = []
  visit(tree, (node) => void items.push(...itemsOf(node)))
  return items
}
