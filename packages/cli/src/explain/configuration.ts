import {
  clientSecretBasic,
  clientSecretPost,
  createValidator,
  type IntrospectionOptions,
  type TrustedIssuerOptions,
  trustedIssuer,
  type Validator,
} from '@tollgate/core'
import { parseJwt, showNames, own, ownText } from '@tollgate/core/adapter'
import { type Arguments, textOf, textsOf } from '../arguments.ts'
import { knownIssuer, presetText } from '../known-issuers.ts'
import { isQuotable, pipeCommand, quote } from '../pipe-command.ts'
import { createPresetIssuer } from '../presets.ts'
import { isInvalidOption, UsageError } from '../usage.ts'
import { loadValidator } from './config-module.ts'

/** The environment variables. Only these can carry a secret. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Creates the validator that the arguments describe, or loads that of the application.
 *
 * @throws UsageError that says which option is missing, and what the token says about it.
 */
export async function createConfiguredValidator(
  args: Arguments,
  token: string,
  environment: Environment,
): Promise<Validator> {
  const config = textOf(args, 'config')
  const others = ['issuer', 'audience', 'preset', 'introspection-endpoint', 'client-authentication']
  if (config !== undefined && others.some((name) => textsOf(args, name).length > 0)) {
    throw new UsageError({
      problem: '--config excludes the options that describe an issuer',
      fix: 'Give --config alone, or with --scope and --host.',
    })
  }
  try {
    return config === undefined ? fromOptions(args, token, environment) : await loadValidator(config)
  } catch (error) {
    throw isInvalidOption(error) ? invalid(error) : error
  }
}

/** The messages of the library contain no value of an option. */
export function invalid(error: TypeError): UsageError {
  return new UsageError({ problem: error.message, fix: 'Correct this option.' })
}

function fromOptions(args: Arguments, token: string, environment: Environment): Validator {
  const names = textsOf(args, 'issuer')
  const presets = textsOf(args, 'preset')
  if (names.length + presets.length === 0) {
    throw withoutIssuer(token)
  }
  const introspection = introspectionBy(args, environment)
  if (introspection !== undefined && names.length + presets.length > 1) {
    throw new UsageError({
      problem: 'introspection needs exactly one issuer, because a token must not be shown to the others',
      fix: 'Give one --issuer or one --preset.',
    })
  }
  const options: TrustedIssuerOptions = introspection === undefined ? {} : { introspection }
  const issuer = [
    ...names.map((name) => trustedIssuer(name, options)),
    ...presets.map((preset) => createPresetIssuer(preset, options)),
  ]
  const audience = textsOf(args, 'audience')
  const project = presets.flatMap((preset) => /^firebase[=(]["']?([a-z\d-]+)/i.exec(preset)?.[1] ?? [])
  if (audience.length === 0 && project.length === 0) {
    throw withoutAudience(token)
  }
  return createValidator({ issuer, audience: audience.length === 0 ? project : audience })
}

function introspectionBy(args: Arguments, environment: Environment): IntrospectionOptions | undefined {
  const endpoint = textOf(args, 'introspection-endpoint')
  const { TOLLGATE_CLIENT_ID: id = '', TOLLGATE_CLIENT_SECRET: secret = '' } = environment
  if (id === '' || secret === '') {
    if (endpoint !== undefined || id !== '' || secret !== '') {
      throw new UsageError({
        problem: 'introspection needs the credentials of a client',
        fix: 'Set the environment variables TOLLGATE_CLIENT_ID and TOLLGATE_CLIENT_SECRET. They are never arguments.',
      })
    }
    return undefined
  }
  const method = textOf(args, 'client-authentication') ?? 'basic'
  if (method !== 'basic' && method !== 'post') {
    throw new UsageError({
      problem: '--client-authentication has another value than basic and post',
      fix: 'Write basic (the default) or post. For other methods use --config.',
    })
  }
  const client = method === 'basic' ? clientSecretBasic(id, secret) : clientSecretPost(id, secret)
  return endpoint === undefined ? { client } : { client, endpoint }
}

function withoutIssuer(token: string): UsageError {
  const iss = ownText(parseJwt(token)?.claims, 'iss')
  if (iss === undefined) {
    return new UsageError({
      problem: 'no issuer is given, and the token names none: it is opaque, or damaged',
      fix: 'Give --issuer with the URL of the issuer. For an opaque token set TOLLGATE_CLIENT_ID and TOLLGATE_CLIENT_SECRET too.',
      suggestion: pipeCommand('explain', "--issuer 'https://…' --audience '…'"),
    })
  }
  const known = knownIssuer(iss)
  const option =
    known === undefined || !isQuotable(known.argument) ? `--issuer ${quote(iss)}` : `--preset ${presetText(known)}`
  return new UsageError({
    problem: `no issuer is given. The token says \`iss\` ${showNames(iss)}, which nothing has verified`,
    fix: 'If you trust this issuer, run the command below. Or give the module of your app with --config.',
    suggestion: pipeCommand('explain', `${option} --audience ${quoteAudience(token)}`),
  })
}

function withoutAudience(token: string): UsageError {
  const aud = own(parseJwt(token)?.claims, 'aud')
  return new UsageError({
    problem: `--audience is missing: the name of this API in \`aud\`. The token says ${aud === undefined ? 'nothing about it' : `\`aud\` ${showNames(aud)}`}`,
    fix: `Add --audience ${quoteAudience(token)}, if that is the name of this API.`,
  })
}

function quoteAudience(token: string): string {
  const aud = own(parseJwt(token)?.claims, 'aud')
  const [first]: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  return typeof first === 'string' ? quote(first) : "'…'"
}
