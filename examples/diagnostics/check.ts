import assert from 'node:assert/strict'
import { createValidator } from '@tollgate/core'
import { createMockIssuer } from '@tollgate/mock-issuer'
import './log.ts'

const logged: unknown[] = []
console.log = (line: unknown) => void logged.push(line)

const issuer = await createMockIssuer({ port: 'none' })
const validator = createValidator(issuer.validatorOptions)
const headers = { authorization: `Bearer ${await issuer.wrongToken('expired')}` }
await assert.rejects(validator.authenticate(new Request('https://api.example.com/', { headers })))
assert.deepEqual(logged, ['401 invalid_token expired'])
await issuer.close()
