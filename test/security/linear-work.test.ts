/**
 * Work must not grow faster than its input. Each parser gets its worst inputs at a quarter, at half and at the whole of
 * a length. A test fails for more than three times the time per doubling and 20 ms more. The time is that of the
 * processor for this thread, so that other work on the machine does not count.
 */
import { createHmac } from 'node:crypto'
import {
  cookie,
  createValidator,
  header as headerSource,
  scopes,
  trustedIssuer,
  type Validator,
  type ValidatorOptions,
} from '@tollgate/core'
import { expect, onTestFinished, test } from 'vitest'
import type { Handler } from '../harness/responses.ts'
import { openScriptedIssuer } from '../harness/scripted-issuer.ts'
import { openScriptedValidator, reasonOf } from '../harness/scripted-validator.ts'
import { encode } from '../harness/jws.ts'

type Input = (length: number) => string

/** A beginning and an end, and between them copies of a part, which may have a number. */
function input(begin: string, part: string | ((serial: number) => string), end = ''): Input {
  const partOf = typeof part === 'string' ? () => part : part
  return (length) => {
    const parts: string[] = []
    for (let serial = 0, rest = length - begin.length - end.length; rest > 0; serial += 1) {
      const next = partOf(serial)
      parts.push(next)
      rest -= next.length
    }
    return begin + parts.join('') + end
  }
}

/** Milliseconds that garbage collection and compilation may take. Work that takes no more is not measured again. */
const slack = 20

/** Measures the work that `prepare` returns. The result is `'linear'`, or the times. */
async function measure(length: number, prepare: (length: number) => () => Promise<unknown>): Promise<string> {
  const timeOf = async (size: number): Promise<number> => {
    const work = prepare(size)
    const start = processorTime()
    await work()
    return processorTime() - start
  }
  if ((await timeOf(length)) <= slack) {
    return 'linear'
  }
  const times: number[] = []
  for (const size of [length / 4, length / 2, length]) {
    let sum = 0
    for (let run = 0; run < runs; run += 1) {
      sum += await timeOf(size)
    }
    times.push(sum / runs)
  }
  const [first = 0, , last = 0] = times
  return last > 9 * first + slack ? `${times.map((time) => time.toFixed(1)).join(', ')} ms` : 'linear'
}

/** The clock of the processor moves in steps of up to 10 ms. Only the sum of many runs is exact. */
const runs = 12

/** Milliseconds. Node 22 knows only the time of the whole process. */
function processorTime(): number {
  const { user, system } = Reflect.has(process, 'threadCpuUsage') ? process.threadCpuUsage() : process.cpuUsage()
  return (user + system) / 1000
}

const iss = 'https://as.example'
const audience = 'https://api.example'
const secret = Buffer.alloc(32, 7)

function open(options: Partial<ValidatorOptions> = {}): Validator {
  const validator = createValidator({ audience, issuer: trustedIssuer(iss, { secret }), ...options })
  onTestFinished(() => validator.close())
  return validator
}

type Headers = readonly (readonly [string, string])[]

const authenticate = (validator: Validator, headers: Headers): Promise<string> =>
  reasonOf(validator.authenticate({ method: 'GET', url: '/', headers }))

const bearer = (token: string): Headers => [['Authorization', `Bearer ${token}`]]

function sign(claims: string, header = '{"alg":"HS256","typ":"at+jwt"}'): string {
  const text = `${encode(header)}.${encode(claims)}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

const claimsWith = (members: string, issuer = iss): string =>
  `{"iss":${JSON.stringify(issuer)},"aud":"${audience}","exp":4102444800,${members}}`

const authorizationLines: Readonly<Record<string, Input>> = {
  'a quote that is never closed': input('Basic ,"', String.raw`\"`),
  'a quote that is never closed, and a backslash at the end': input('Bearer ,"', String.raw`a\"`, '\\'),
  'closed quotes': input('Bearer a,', '"",'),
  'quotes and backslashes': input('Basic ,', String.raw`"\\`),
  commas: input('Bearer ', ','),
  'commas and spaces': input('Basic ', ',  '),
  'a comma and spaces': input('Bearer a,', ' ', 'x'),
  spaces: input('Bearer', ' ', ','),
  'other schemes': input('Basic ', ', bearerx'),
  dots: input('Bearer ', '.'),
  'equals signs': input('Bearer ', 'a=', '!'),
  'letters beyond ASCII': input('Bearer ', 'é'),
  'lone surrogates': input('Bearer ', '\uD800'),
  'a scheme without an end': input('', 'a'),
}

test.each(Object.entries(authorizationLines))('an Authorization line: %s', async (_name, line) => {
  const validator = open()
  const growth = await measure(16_000, (length) => {
    const headers = [['Authorization', line(length)]] as const
    return () => authenticate(validator, headers)
  })
  expect(growth).toBe('linear')
})

test.each([['accept'], ['Content-Type'], ['x-authorize-me']])('many %s lines', async (name) => {
  const validator = open({ formBody: 'accepted' })
  const growth = await measure(8000, (count) => {
    const headers = Array.from({ length: count }, () => [name, 'text/plain; a=b'] as const)
    return () => reasonOf(validator.authenticate({ method: 'POST', url: '/', headers }))
  })
  expect(growth).toBe('linear')
})

const cookieLines: Readonly<Record<string, Input>> = {
  semicolons: input('s=a', ';'),
  'equals signs': input('s', '='),
  spaces: input('s=a', ' ', 'b'),
  'spaces and tabs before a name': input('', ' \t', 's=a'),
  'spaces in a name': input('s', ' ', '=a'),
  quotes: input('s=', '"'),
  'pairs without a name': input('', '=s;'),
  'equal values': input('', 's=a;'),
  'distinct values': input('', (at) => `s=${at.toString(36)};`),
  'letters beyond ASCII': input('s=', 'é'),
}

test.each(Object.entries(cookieLines))('a Cookie line: %s', async (_name, line) => {
  const validator = open({ credentials: ['authorization', headerSource('x-token'), cookie('s')] })
  const growth = await measure(64_000, (length) => {
    const headers = [
      ['Cookie', line(length)],
      ['X-Token', 'a'],
    ] as const
    return () => authenticate(validator, headers)
  })
  expect(growth).toBe('linear')
})

test.each([['cookie'], ['x-token'], ['origin'], ['upgrade']])('many %s lines, and a cookie', async (name) => {
  const validator = open({
    credentials: [headerSource('x-token'), cookie('s', { origins: 'https://app.example.com' })],
  })
  const growth = await measure(8000, (count) => {
    const lines = Array.from({ length: count }, () => [name, 'a=b'] as const)
    return () => authenticate(validator, [...lines, ['cookie', 's=a']])
  })
  expect(growth).toBe('linear')
})

const bodies: Readonly<Record<string, Input>> = {
  ampersands: input('access_token=a', '&'),
  'equals signs': input('access_token=a&', '='),
  'distinct names': input('access_token=a', (serial) => `&${serial.toString(36)}`),
  'names that are numbers': input('access_token=a', (serial) => `&${serial * 4096}`),
  'repeated names': input('', 'access_token=a&'),
  'percent-escapes': input('access_token=a&', '%61=%62&'),
  'broken percent-escapes': input('access_token=a&', '%'),
  'letters beyond ASCII': input('access_token=a&', 'é'),
  'escaped letters at the end': input('access_token=a', '&a=b', '&%C3%A9'),
}

test.each(Object.entries(bodies))('a form body: %s', async (_name, form) => {
  const validator = open({ formBody: 'accepted' })
  const growth = await measure(64_000, (length) => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const request = new Request('https://api.example/', { method: 'POST', headers, body: form(length) })
    return () => reasonOf(validator.authenticate(request))
  })
  expect(growth).toBe('linear')
})

test('a form that a framework has parsed, and parameters of its Content-Type', async () => {
  const validator = open({ formBody: 'accepted' })
  const growth = await measure(32_000, (count) => {
    const form = { access_token: 'a', list: Array.from({ length: count }, (_, at) => ({ [at]: 'b' })) }
    const headers = [
      ['Content-Type', `application/x-www-form-urlencoded${' '.repeat(count)}${'; a=b'.repeat(count)}`],
    ] as const
    return () => reasonOf(validator.authenticate({ method: 'POST', url: '/', headers, form }))
  })
  expect(growth).toBe('linear')
})

let serial = 0
const issuerNames: Readonly<Record<string, Input>> = {
  'distinct letters beyond ASCII': input('https://', (at) => String.fromCodePoint(0x4e00 + (at % 20_000))),
  'labels in punycode': input('https://', 'xn--a.'),
  dots: input('https://', '.'),
  slashes: input('https://as.example', '/'),
  'path segments': input('https://as.example/', 'a/../'),
  'at signs': input('https://', '@'),
  'percent-escapes': input('https://', '%61'),
  colons: input('https:', ':'),
  brackets: input('https://', '['),
  digits: input('https://', '1.'),
  'lone surrogates': input('https://', '\uDC00'),
}

test.each(Object.entries(issuerNames))('the name of an issuer: %s', async (_name, name) => {
  const validator = open({ issuer: () => undefined })
  const growth = await measure(3800, (length) => {
    serial += 1
    const token = sign(claimsWith('"a":1', `${name(length)}${serial}`))
    return () => authenticate(validator, bearer(token))
  })
  expect(growth).toBe('linear')
})

const scopeLists: Readonly<Record<string, Input>> = {
  'one scope': input('', 'a '),
  'distinct scopes': input('', (at) => `${at.toString(36)} `),
  'scopes that imply others': input('', (at) => `s${at % 200} `),
  spaces: input('a', ' '),
}

test.each(Object.entries(scopeLists))('a scope claim with a hierarchy: %s', async (_name, list) => {
  const chain = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`s${at}`, [`s${at + 1}`]]))
  const validator = open({ scopeHierarchy: { ...chain, a: ['s0', 's100'] } })
  const growth = await measure(11_000, (length) => {
    serial += 1
    const token = sign(claimsWith(`"jti":"${serial}","scope":"${list(length)}"`))
    return () => authenticate(validator, bearer(token))
  })
  expect(growth).toBe('linear')
})

/** Members of JSON objects. */
const members: Readonly<Record<string, Input>> = {
  'distinct names': input('"a":1', (at) => `,"n${at.toString(36)}":1`),
  'one name': input('"b":1', ',"a":1'),
  'names with escapes': input('"a":1', (at) => String.raw`,"\u0062${at}":1`),
  'names that need escapes': input('"a":1', (at) => String.raw`,"\"${at}":1`),
  'names before one backslash': input('"a":1', (at) => `,"${at}":1`, String.raw`,"x":"\\"`),
  'a string of escaped quotes': input('"a":"', String.raw`\"`, '"'),
  'a string of backslashes': input('"a":"', '\\\\', '"'),
  'a string that is never closed': input('"a":"', String.raw`\"`),
  'strings and spaces': input('"a":[""', ',""    ', ']'),
  'a string and spaces': input('"a":""', ' '),
  'empty objects': input('"a":[{}', ',{}', ']'),
  'objects with `__proto__`': input('"a":[{}', ',{"__proto__":{}}', ']'),
  'many levels': input('"a":', '['),
  digits: input('"a":1', '0'),
  'letters beyond ASCII': input('"a":"', 'é', '"'),
  'a list of audiences': input('"a":["b"', ',"b"', ']'),
}

test.each(Object.entries(members))('claims: %s', async (_name, claims) => {
  const validator = open()
  const growth = await measure(11_000, (length) => {
    serial += 1
    const token = sign(claimsWith(`"jti":"${serial}",${claims(length)}`))
    return () => authenticate(validator, bearer(token))
  })
  expect(growth).toBe('linear')
})

test.each(Object.entries(members))('the header of a JWT: %s', async (_name, header) => {
  const validator = open()
  const growth = await measure(11_000, (length) => {
    const token = sign(claimsWith('"a":1'), `{"alg":"HS256","alg":"HS256",${header(length)}}`)
    return () => authenticate(validator, bearer(token))
  })
  expect(growth).toBe('linear')
})

/** A validator that has to fetch a key set first. */
async function openFetching(): Promise<(respond: Handler) => () => Promise<string>> {
  const { url, routes } = await openScriptedIssuer()
  return (respond) => {
    serial += 1
    routes[`/keys/${serial}`] = respond
    const issuer = `${url}/${serial}`
    const validator = open({ issuer: trustedIssuer(issuer, { keys: `${url}/keys/${serial}` }) })
    const token = sign(claimsWith('"a":1', issuer), '{"alg":"ES256","kid":"a"}')
    return () => authenticate(validator, bearer(token))
  }
}

const keySets: Readonly<Record<string, Input>> = {
  ...Object.fromEntries(
    Object.entries(members).map(([name, of]) => [name, (length: number) => `{"keys":[{"kty":"EC",${of(length)}}]}`]),
  ),
  'many keys': input('{"keys":[{"kty":"EC"}', ',{"kty":"EC"}', ']}'),
  'a long RSA key': input('{"keys":[{"kty":"RSA","e":"AQAB","n":"', 'q83v', '"}]}'),
  'a long exponent': input(`{"keys":[{"kty":"RSA","n":"${'q83v'.repeat(90)}","e":"`, 'AQAB', '"}]}'),
}

test.each(Object.entries(keySets))('a key set: %s', async (_name, keySet) => {
  const fetching = await openFetching()
  const growth = await measure(200_000, (length) => {
    const body = keySet(length)
    return fetching((_request, response) => response.end(body))
  })
  expect(growth).toBe('linear')
})

const directives: Readonly<Record<string, Input>> = {
  commas: input('', ','),
  'equals signs': input('max-age', '='),
  'one directive': input('', 'max-age=1,'),
  'distinct directives': input('', (at) => `${at.toString(36)}=1,`),
  quotes: input('max-age="', '"', 'x'),
  spaces: input('max-age=1,', ' ', ',a'),
  digits: input('max-age=', '1'),
}

test.each(Object.entries(directives))('a Cache-Control header: %s', async (_name, cacheControl) => {
  const fetching = await openFetching()
  const growth = await measure(15_000, (length) => {
    const headers = { 'cache-control': cacheControl(length) }
    return fetching((_request, response) => response.writeHead(200, headers).end('{"keys":[{"kty":"EC"}]}'))
  })
  expect(growth).toBe('linear')
})

test.each(Object.entries(members))('an introspection response: %s', async (_name, response) => {
  const { issuer, reason } = await openScriptedValidator({ validator: { scopeHierarchy: { a: ['b', 'c'] } } })
  const growth = await measure(60_000, (length) => {
    serial += 1
    const body = `{"active":true,"iss":"${issuer.url}","aud":"${audience}","exp":4102444800,"scope":"${'a '.repeat(length / 8)}",${response(length / 2)}}`
    issuer.routes['/introspect'] = (_request, answer) => void answer.end(body)
    return () => reason(`opaque-${serial}`)
  })
  expect(growth).toBe('linear')
})

test.each([
  ['quotes', '"'],
  ['backslashes', '\\'],
  ['letters', 'a'],
])('a challenge with a realm of %s and many scopes', async (_name, part) => {
  const growth = await measure(64_000, (length) => {
    const validator = open({ realm: part.repeat(length) })
    const guard = scopes('a', ...Array.from({ length: length / 8 }, (_, at) => `scope:${at}`))
    return async () => {
      const refusal: unknown = await validator
        .authenticate({ method: 'GET', url: '/', headers: [] }, guard)
        .catch((error: unknown) => error)
      expect(refusal).toHaveProperty('headers.WWW-Authenticate')
    }
  })
  expect(growth).toBe('linear')
})
