/** The import of undici, which bundlers and runtimes can break. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { audience } from '../harness/reference.ts'

/** Modules in place of undici. */
const replacements = {
  'a bundle of ES modules without require': 'throw new Error("Dynamic require of node:assert is not supported")',
  'a runtime that replaces undici': 'export class Agent {} export const request = () => fetch("http://127.0.0.1:1")',
}

test.each(Object.entries(replacements))('%s is a failure, and not an outage', async (_name, module) => {
  const hooks = `
    import { registerHooks } from 'node:module'
    const url = ${JSON.stringify(`data:text/javascript,${encodeURIComponent(module)}`)}
    const resolve = (name, context, next) => name === 'undici/index.js' ? { url, shortCircuit: true } : next(name, context)
    registerHooks({ resolve })`
  const source = `
    import { createValidator } from '@tollgate/core'
    const validator = createValidator({ issuer: 'http://127.0.0.1:1', audience: '${audience}' })
    console.log(await validator.ready().then(String, ({ code, reason }) => code + ' ' + reason))
    await validator.close()`
  const args = ['--import', `data:text/javascript,${encodeURIComponent(hooks)}`, '--input-type=module', '-e', source]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname, timeout: 250_000 })
  expect(stdout.trim()).toBe('ERR_UNDICI_NOT_LOADED undefined')
})
