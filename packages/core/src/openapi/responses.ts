import { alternativesOf } from '../guards/alternatives.ts'
import type { Guard } from '../guards/guard.ts'
import type { Protection } from '../middleware/protections.ts'
import type { OpenApiResponse } from './open-api-types.ts'

/** The refusals of an operation: 401, 403 where a guard refuses valid tokens, and 503. None for a public operation. */
export function responsesOf(
  layers: readonly Pick<Protection, 'guard' | 'credentials'>[],
): Record<string, OpenApiResponse> {
  if (layers.length === 0) {
    return {}
  }
  const guards = layers.flatMap(({ guard }) => leavesOf(guard))
  const isOptional = layers.every(({ credentials }) => credentials === 'optional')
  const authentication = [
    isOptional ? 'The access token is not valid' : 'The access token is missing or not valid',
    ...acrSentence(guards),
    ...maxAgeSentence(guards),
  ]
  const canForbid = guards.some(({ stage, demands }) => forbidding.has(stage) || demands.organization === true)
  const scopes = alternativesOf(layers.map(({ guard }) => guard)).map((alternative) => alternative.scopes)
  return {
    401: response(authentication, 'WWW-Authenticate', 'The challenge'),
    ...(canForbid
      ? { 403: response([...forbidden, ...scopeSentence(scopes)], 'WWW-Authenticate', 'The challenge') }
      : {}),
    503: response(['The access token cannot be validated now'], 'Retry-After', 'The seconds until the next attempt'),
  }
}

const forbidding: ReadonlySet<Guard['stage']> = new Set(['scopes', 'claims'])
const forbidden = ['The access token does not allow this operation']

function leavesOf(guard: Guard): readonly Guard[] {
  return 'parts' in guard.structure ? guard.structure.parts.flatMap(leavesOf) : [guard]
}

function acrSentence(guards: readonly Guard[]): readonly string[] {
  const values = [...new Set(guards.flatMap(({ demands }) => demands.acr ?? []))]
  return values.length === 0 ? [] : [`Its \`acr\` must be ${listOf(values, 'or')}`]
}

function maxAgeSentence(guards: readonly Guard[]): readonly string[] {
  const ages = guards.flatMap(({ demands }) => demands.maxAge ?? [])
  return ages.length === 0 ? [] : [`The sign-in must be at most ${Math.min(...ages)} seconds ago`]
}

function scopeSentence(alternatives: readonly (readonly string[])[]): readonly string[] {
  const lists = alternatives.filter((scopes) => scopes.length > 0).map((scopes) => listOf(scopes, 'and'))
  return lists.length === 0 || lists.length < alternatives.length ? [] : [`It needs the scope ${lists.join(', or ')}`]
}

function listOf(words: readonly string[], conjunction: 'and' | 'or'): string {
  return words.map((word) => `\`${word}\``).join(` ${conjunction} `)
}

function response(sentences: readonly string[], header: string, description: string): OpenApiResponse {
  return {
    description: sentences.join('. '),
    headers: { [header]: { description, schema: { type: 'string' } } },
  }
}
