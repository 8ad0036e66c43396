import { parseAllDocuments } from 'yaml'
import { scriptFaults } from './commands.ts'
import { files, read } from './files.ts'
import type { CodeBlock } from './parse-page.ts'

const examples = files('examples/**/*.{ts,mts,cts,tsx,js,mjs,cjs,conf}').map((file) => flat(read(file)))

/** `http` and `text` show what a program sends or prints. */
const faultsByLanguage: Readonly<Record<string, (code: string) => readonly string[]>> = {
  ts: exampleFaults,
  tsx: exampleFaults,
  js: exampleFaults,
  nginx: exampleFaults,
  json: jsonFaults,
  yaml: yamlFaults,
  sh: scriptFaults,
  http: () => [],
  text: () => [],
}

/** Returns why a block of code is wrong. TypeScript and JavaScript must be a part of an example, which a check runs. */
export function blockFaults({ language, code }: CodeBlock): readonly string[] {
  return faultsByLanguage[language]?.(code) ?? [`no check for the language "${language}"`]
}

/** Removes indentation, because an example can show a block inside a function. */
function flat(code: string): string {
  return code.replaceAll(/^\s+/gm, '').trim()
}

function exampleFaults(code: string): readonly string[] {
  return examples.some((example) => example.includes(flat(code))) ? [] : ['not in an example']
}

function jsonFaults(code: string): readonly string[] {
  return isJson(code) || code.split('\n').every(isJson) ? [] : ['neither JSON, nor a line of JSON for each document']
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) {
      return false
    }
    throw error
  }
}

function yamlFaults(code: string): readonly string[] {
  return parseAllDocuments(code).flatMap(({ errors }) => errors.map(({ message }) => message))
}
