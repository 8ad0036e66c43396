import { isRefusal, isUnavailable, scopes, type Validator } from '@tollgate/core'

/** A message of a queue. Its sender puts an access token beside the order. */
export interface Message {
  readonly token?: unknown
  readonly order: string
}

/** Returns what the queue does with a message: it is done, it is delivered again later, or it is set aside. */
export function createConsumer(validator: Validator, save: (order: string, by: string | undefined) => Promise<void>) {
  return async ({ token: text, order }: Message): Promise<'done' | 'retry' | 'dead-letter'> => {
    try {
      const token = await validator.validate(text, scopes('orders:write'))
      await save(order, token.subject)
      return 'done'
    } catch (error) {
      if (isUnavailable(error)) {
        return 'retry'
      }
      if (isRefusal(error)) {
        return 'dead-letter'
      }
      throw error
    }
  }
}
