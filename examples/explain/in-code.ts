import { createValidator, type Explanation } from '@tollgate/express'

const validator = createValidator({
  issuer: process.env['ISSUER'] ?? 'https://as.example.com',
  audience: 'https://api.example.com',
})

/** Why the validator does not accept the token. `undefined` for a good token. */
export async function whyRefused(token: string): Promise<Explanation | undefined> {
  try {
    await validator.validate(token)
    return undefined
  } catch (error) {
    const explanation = validator.explain(error)
    if (explanation === undefined) {
      throw error
    }
    return explanation
  }
}
