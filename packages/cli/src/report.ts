import type { ExitCode } from './usage.ts'

/** What a command found: as one JSON object, and as lines for a person. */
export interface Report {
  readonly exitCode: ExitCode
  readonly json: object
  readonly lines: (paint: Paint) => readonly string[]
}

/** Colours a text, if the output is a terminal that wants colours. */
export type Paint = (colour: 'bold' | 'dim' | 'green' | 'red' | 'yellow', text: string) => string
