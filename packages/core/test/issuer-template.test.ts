import { expect, test } from 'vitest'
import { isStatedFor, matchesTemplate } from '../src/metadata/issuer-template.ts'

const entra = 'https://login.example/{tenantid}/v2.0'
const external = 'https://{tenantid}.login.example/{tenantid}/v2.0'

test.each([
  [entra, 'https://login.example/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0'],
  [entra, 'https://login.example/contoso.example.com/v2.0'],
  ['https://sts.example/{tenantid}/', 'https://sts.example/t/'],
  ['https://sts.example/{tenantid}', 'https://sts.example/t'],
  ['http://127.0.0.1:8080/{tenantid}/v2.0', 'http://127.0.0.1:8080/t/v2.0'],
  ['https://{tenantid}.login.example/v2.0', 'https://t-1.login.example/v2.0'],
  ['https://a.{tenantid}.login.example', 'https://a.t.login.example'],
  [external, 'https://t.login.example/t/v2.0'],
])('%s is stated for %s', (template, name) => {
  expect(matchesTemplate(template, name)).toBe(true)
})

test.each([
  ['no placeholder', 'https://login.example/t/v2.0', 'https://login.example/t/v2.0'],
  ['two segments', entra, 'https://login.example/a/b/v2.0'],
  ['an empty segment', entra, 'https://login.example//v2.0'],
  ['dot segments of a name', entra, 'https://login.example/../v2.0'],
  ['a dot segment of a name', entra, 'https://login.example/./v2.0'],
  ['an escaped dot segment', entra, 'https://login.example/%2e%2e/v2.0'],
  ['an escaped slash', entra, 'https://login.example/a%2Fb/v2.0'],
  ['a backslash', entra, 'https://login.example/a\\b/v2.0'],
  ['a query', entra, 'https://login.example/a?/v2.0'],
  ['a fragment', entra, 'https://login.example/a#/v2.0'],
  ['the placeholder itself', entra, entra],
  ['another host', entra, 'https://evil.example/t/v2.0'],
  ['a longer host', entra, 'https://login.example.evil.example/t/v2.0'],
  ['a user name', entra, 'https://login.example@evil.example/t/v2.0'],
  ['another port', entra, 'https://login.example:444/t/v2.0'],
  ['another scheme', entra, 'http://login.example/t/v2.0'],
  ['another end', entra, 'https://login.example/t/v1.0'],
  ['a trailing slash', entra, 'https://login.example/t/v2.0/'],
  ['an upper-case host', entra, 'https://LOGIN.example/t/v2.0'],
  ['a template with dot segments', 'https://x.example/{tenantid}/../y', 'https://x.example/t/../y'],
  ['a template that its dot segments shorten', 'https://x.example/{tenantid}/../y', 'https://x.example/y'],
  ['half a segment', 'https://x.example/t-{tenantid}/y', 'https://x.example/t-1/y'],
  ['half a host label', 'https://t-{tenantid}.x.example/y', 'https://t-1.x.example/y'],
  ['the whole host', 'https://{tenantid}/y', 'https://evil.example/y'],
  ['a host of one label', 'https://{tenantid}/y', 'https://evil/y'],
  ['two host labels', 'https://{tenantid}.x.example', 'https://a.b.x.example'],
  ['a label with a port', 'https://{tenantid}.x.example', 'https://evil.example:1/.x.example'],
  ['a label that ends the host', 'https://{tenantid}.x.example', 'https://evil.example/.x.example'],
  ['the port', 'https://x.example:{tenantid}/y', 'https://x.example:1/y'],
  ['the scheme', '{tenantid}://x.example/y', 'https://x.example/y'],
  ['a user name of a template', 'https://{tenantid}@x.example/y', 'https://t@x.example/y'],
  ['the query', 'https://x.example/y?t={tenantid}', 'https://x.example/y?t=1'],
  ['two tenants', external, 'https://a.login.example/b/v2.0'],
  ['three placeholders', 'https://x.example/{tenantid}/{tenantid}/{tenantid}', 'https://x.example/a/a/a'],
  ['another placeholder', 'https://x.example/{tenantid}/{policy}', 'https://x.example/a/b'],
  ['an upper-case placeholder', 'https://x.example/{TENANTID}', 'https://x.example/a'],
  ['a name that is no URL', 'urn:{tenantid}:x', 'urn:a:x'],
  ['an empty template', '', ''],
  ['only a placeholder', '{tenantid}', 'https://x.example'],
])('%s: %s does not match %s', (_case, template, name) => {
  expect(matchesTemplate(template, name)).toBe(false)
})

test('an identical statement needs no template', () => {
  expect(isStatedFor('urn:a', 'urn:a')).toBe(true)
  expect(isStatedFor('urn:a', 'urn:b')).toBe(false)
})

test('the work for a hostile template is linear', () => {
  const timeOf = (length: number): number => {
    const text = `https://${'{tenantid}.a'.repeat(length)}/${'/{tenantid}'.repeat(length)}`
    const start = performance.now()
    expect(matchesTemplate(text, text)).toBe(false)
    return performance.now() - start
  }
  timeOf(100)
  // Templates in documents are at most 512 KiB long.
  expect(timeOf(20_000)).toBeLessThan(2000)
})
