/** The types of the guard for authorization details, and of their reader. */
import {
  type AccessToken,
  type AuthorizationDetail,
  authorizationDetails,
  authorizationDetailsOf,
  type Guard,
  type GuardContext,
} from '@tollgate/core'
import { type } from 'arktype'
import * as v from 'valibot'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'

declare const token: AccessToken
declare const typed: AccessToken<{ tenant: string }>

const zodPayment = z.object({ amount: z.object({ value: z.string().transform(Number) }) })
const valibotPayment = v.object({ amount: v.object({ value: v.pipe(v.string(), v.transform(Number)) }) })
const arktypePayment = type({ amount: { value: 'number' } })

test('the handler gets the elements with the members of RFC 9396, or the output of its schema', () => {
  const uncalled = async (): Promise<void> => {
    const [detail] = authorizationDetailsOf(token)
    expectTypeOf(detail).toEqualTypeOf<AuthorizationDetail | undefined>()
    expectTypeOf(detail?.actions).toEqualTypeOf<readonly string[] | undefined>()
    expectTypeOf(detail?.['amount']).toEqualTypeOf<unknown>()
    expectTypeOf(authorizationDetailsOf(typed, 'payment')).toEqualTypeOf<readonly AuthorizationDetail<'payment'>[]>()
    interface Payment {
      amount: { value: number }
    }
    expectTypeOf(await authorizationDetailsOf(token, zodPayment)).toEqualTypeOf<readonly Payment[]>()
    expectTypeOf(await authorizationDetailsOf(token, 'payment', zodPayment)).toEqualTypeOf<readonly Payment[]>()
    expectTypeOf(await authorizationDetailsOf(typed, 'payment', valibotPayment)).toEqualTypeOf<readonly Payment[]>()
    expectTypeOf(await authorizationDetailsOf(typed, 'payment', arktypePayment)).toEqualTypeOf<readonly Payment[]>()
    // @ts-expect-error -- a variable without a value is no type
    authorizationDetailsOf(token, undefined)
    // @ts-expect-error -- the request is no token
    authorizationDetailsOf(new Request('https://api.example/'))
  }
  expectTypeOf(uncalled).toBeFunction()
})

test('the guard takes a type, a schema or a predicate, and its options come last', () => {
  const uncalled = (): void => {
    const options = { remedy: [{ type: 'payment', actions: ['initiate'] }], reference: 'p-1' }
    for (const guard of [
      authorizationDetails('payment'),
      authorizationDetails('payment', options),
      authorizationDetails('payment', zodPayment),
      authorizationDetails('payment', valibotPayment, options),
      authorizationDetails('payment', arktypePayment),
      authorizationDetails(zodPayment),
      authorizationDetails(arktypePayment, options),
    ]) {
      expectTypeOf(guard).toEqualTypeOf<Guard>()
    }
    authorizationDetails('payment', (detail, { native }) => {
      expectTypeOf(detail).toEqualTypeOf<AuthorizationDetail<'payment'>>()
      expectTypeOf(native).toEqualTypeOf<unknown>()
      return detail.actions?.includes('write') ?? false
    })
    authorizationDetails('payment', async (detail, { native }: GuardContext<{ id: string }>) => {
      expectTypeOf(native).toEqualTypeOf<{ id: string } | undefined>()
      return detail.identifier === native?.id
    })
    authorizationDetails((detail) => {
      expectTypeOf(detail).toEqualTypeOf<AuthorizationDetail>()
      return detail.type === 'payment'
    })
    // @ts-expect-error -- a type or a condition is needed
    authorizationDetails()
    // @ts-expect-error -- a predicate returns a boolean
    authorizationDetails('payment', (detail) => detail.identifier)
    // @ts-expect-error -- a token needs one of several types: anyOf(authorizationDetails('a'), authorizationDetails('b'))
    authorizationDetails(['payment', 'account'])
    // @ts-expect-error -- the options have no such member
    authorizationDetails('payment', { remedies: [] })
    // @ts-expect-error -- an element has a type
    authorizationDetails('payment', { remedy: [{ actions: ['initiate'] }] })
  }
  expectTypeOf(uncalled).toBeFunction()
})
