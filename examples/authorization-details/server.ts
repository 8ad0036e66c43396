import {
  authorizationDetails,
  authorizationDetailsOf,
  createProtect,
  type GuardContext,
  type ProtectOptions,
  type RouteRequest,
} from '@tollgate/express'
import express, { type Express } from 'express'
import { z } from 'zod'

export function createApp(options: ProtectOptions): Express {
  const protect = createProtect(options)
  const app = express()

  // A type alone: any element of it is enough.
  app.get('/payments', protect(authorizationDetails('payment_initiation')), (req, res) => {
    const details = authorizationDetailsOf(protect.auth(req), 'payment_initiation')
    res.json(details.map(({ identifier }) => identifier))
  })

  // A schema: one element must satisfy all of it. The handler reads the same elements with its types.
  const payment = z.object({
    actions: z.array(z.string()).refine((actions) => actions.includes('initiate')),
    instructedAmount: z.object({ currency: z.literal('EUR'), amount: z.coerce.number() }),
  })
  app.post('/payments', protect(authorizationDetails('payment_initiation', payment)), async (req, res) => {
    const [first] = await authorizationDetailsOf(protect.auth(req), 'payment_initiation', payment)
    res.status(201).json({ limit: first?.instructedAmount.amount })
  })

  // A predicate: it compares one element with the request.
  const ownAccount = authorizationDetails(
    'account_information',
    ({ actions, locations }, { native }: GuardContext<RouteRequest>) =>
      actions?.includes('read') === true &&
      locations?.includes(`https://bank.example/accounts/${native?.params['id']}`) === true,
  )
  app.get('/accounts/:id', protect(ownAccount), (req, res) => void res.json({ id: req.params['id'] }))

  // With a remedy, the client learns which details it must request.
  const remedy = [{ type: 'account_information', actions: ['list'] }]
  const canList = authorizationDetails('account_information', ({ actions }) => actions?.includes('list') ?? false, {
    remedy,
    reference: 'account-list',
  })
  app.get('/accounts', protect(canList), (_req, res) => void res.json([]))
  return app
}
