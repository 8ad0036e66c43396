import assert from 'node:assert/strict'
import { createValidator } from '@tollgate/express'
import { createMockIssuer } from '@tollgate/mock-issuer'
import './log.ts'

const logged: string[] = []
console.log = (line: string) => void logged.push(line)

const issuer = await createMockIssuer({ port: 'none' })
const validator = createValidator(issuer.validatorOptions)
const headers = { authorization: `Bearer ${await issuer.wrongToken('expired')}` }
await assert.rejects(validator.authenticate(new Request('https://api.example.com/', { headers })))
assert.deepEqual(logged, ['401 invalid_token expired'])

console.error = (line: string) => void logged.push(line)
const withSlash = createValidator({ ...issuer.validatorOptions, issuer: `${issuer.url}/` })
const otherHeaders = { authorization: `Bearer ${await issuer.accessToken({ iss: `${issuer.url}/` })}` }
await assert.rejects(withSlash.authenticate(new Request('https://api.example.com/', { headers: otherHeaders })))
assert.match(logged[1] ?? '', /^502 https:\/\/issuer\.example\/ issuer-mismatch: .* trailing slash/)
await issuer.close()
