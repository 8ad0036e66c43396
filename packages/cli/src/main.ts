#!/usr/bin/env node
// It says in words when Node is too old. The other modules need a newer one to load at all.
import '@tollgate/core'
import { Console } from 'node:console'
import { showMessage } from './text.ts'

// A warning of Node, such as that about types in a module of the app, is no part of the output.
process.removeAllListeners('warning')

// What a module of the app prints is no part of the output either.
globalThis.console = new Console(process.stderr, process.stderr)

// A module of the app may fail in the background, for example because it has no database here.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    const message = error instanceof Error ? showMessage(error.message) : 'a value that is no error'
    process.stderr.write(`! The module of the app failed in the background: ${message}\n`)
  })
}

// A reader of the output, such as `head`, may end before the command.
process.stdout.on('error', () => undefined)

const { runCli } = await import('./run.ts')
// A module of the app may have started servers, which would continue to run.
process.exit(await runCli(process.argv.slice(2)))
