import { type Guard, scopes } from '@tollgate/core'
import { initTRPC } from '@trpc/server'
import type { Context } from './context.ts'

const t = initTRPC.context<Context>().create()

/** A procedure that needs a valid token. The guards demand more of it. `ctx.token` is the token. */
function protectedProcedure(...guards: readonly Guard[]) {
  return t.procedure.use(async ({ ctx, next }) => next({ ctx: { token: await ctx.authorize(...guards) } }))
}

export const router = t.router({
  health: t.procedure.query(() => 'ok'),
  me: protectedProcedure().query(({ ctx }) => ctx.token.subject),
  orders: protectedProcedure(scopes('orders:read')).query(() => ['tea']),
})
