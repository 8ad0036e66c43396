import { createValidator } from '@tollgate/core'

// The start of a process that validates one token.
const { ISSUER = '', TOKEN = '' } = process.env
const validator = createValidator({ issuer: ISSUER, audience: 'https://api.example.com' })
void validator
  .validate(TOKEN)
  .then((token) => console.log(`for ${token.subject}`))
  .finally(() => validator.close())
