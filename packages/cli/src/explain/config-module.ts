import { isRecord } from '@tollgate/core/adapter'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createValidator, type Validator, type ValidatorOptions } from '@tollgate/core'
import { showMessage } from '../text.ts'
import { UsageError } from '../usage.ts'

/** The exports that are looked at, in this order. */
const names = ['validator', 'protect', 'options', 'default']
/** Milliseconds for a module that awaits something at its top level. */
const maxLoading = 20_000

/**
 * Loads a module of the application, and returns its validator. The module exports a validator, the `protect` of
 * `createProtect`, or options: as `validator`, `protect`, `options` or the default. It does NOT prevent what the module
 * does when it loads.
 *
 * @throws UsageError for a module that does not load, or exports none of these.
 */
export async function loadValidator(path: string): Promise<Validator> {
  const loaded = await load(path)
  for (const name of names) {
    const found = validatorIn(isRecord(loaded) && Object.hasOwn(loaded, name) ? loaded[name] : undefined)
    if (found !== undefined) {
      return found
    }
  }
  throw new UsageError({
    problem: 'the module of --config exports no validator, no protect and no options',
    fix: 'Export it: `export const protect = createProtect({ … })`, or `export const options = { issuer, audience }`.',
  })
}

async function load(path: string): Promise<unknown> {
  const { href } = pathToFileURL(resolve(path))
  try {
    const loading = import(href) as Promise<unknown>
    const namespace = await Promise.race([loading, tooSlow()])
    // A module in CommonJS has its exports in the default export.
    const inner: unknown = isRecord(namespace) ? namespace['default'] : undefined
    return isRecord(inner) && isRecord(namespace) ? { ...inner, ...namespace } : namespace
  } catch (error) {
    throw error instanceof UsageError ? error : failed(error)
  }
}

/** Rejects after the time limit. The timer may stay, because `main.ts` ends the process. */
async function tooSlow(): Promise<never> {
  const fault = {
    problem: 'the module of --config is not loaded after 20 s',
    fix: 'Export `protect` from a module that does not wait for a database or for another server.',
  }
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new UsageError(fault)), maxLoading)
  })
}

function failed(error: unknown): UsageError {
  const code = isRecord(error) || error instanceof Error ? (error as { readonly code?: unknown }).code : undefined
  const message = error instanceof Error ? showMessage(error.message) : 'it threw a value that is no error'
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'ENOENT') {
    return new UsageError({
      problem: `the module of --config, or one that it imports, is not found: ${message}`,
      fix: fixOfPath,
    })
  }
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' || code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    return new UsageError({
      problem: `Node cannot load the module of --config: ${message}`,
      fix: 'Node removes types and transforms nothing. Build the app, and give the built module, such as --config ./dist/auth.js.',
    })
  }
  return new UsageError({
    problem: `the module of --config threw an error: ${message}`,
    fix: 'Set the environment variables that the module needs, or export `protect` from a smaller module.',
  })
}

const fixOfPath = 'Check the path, which is relative to the current directory, and install the packages of the app.'

function validatorIn(exported: unknown): Validator | undefined {
  const candidate: unknown =
    typeof exported === 'function' && Object.hasOwn(exported, 'validator')
      ? (exported as unknown as { readonly validator: unknown }).validator
      : exported
  if (!isRecord(candidate)) {
    return undefined
  }
  if (typeof candidate['authenticate'] === 'function') {
    return expectExplaining(candidate)
  }
  const isOptions = Object.hasOwn(candidate, 'issuer') && Object.hasOwn(candidate, 'audience')
  return isOptions ? createValidator(ofValidator(candidate)) : undefined
}

function expectExplaining(validator: object): Validator {
  if (typeof (validator as Partial<Validator>).explain !== 'function') {
    throw new UsageError({
      problem: 'the validator of the app cannot explain its refusals',
      fix: 'Update @tollgate/core of the app, or let a wrapper around the validator have its method `explain` too.',
    })
  }
  return validator as Validator
}

/** The options of a middleware do not belong to the validator. */
function ofValidator(options: Record<string, unknown>): ValidatorOptions {
  const { errors: _errors, preflights: _preflights, decorate: _decorate, validator: _validator, ...others } = options
  return others as unknown as ValidatorOptions
}
