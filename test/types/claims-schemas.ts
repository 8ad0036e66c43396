import { type } from 'arktype'
import * as v from 'valibot'
import { z } from 'zod'

/** The output type of each of these schemas. */
export interface TenantClaims {
  tenant: string
  roles: string[]
  plan?: 'free' | 'paid' | undefined
}

export const zodClaims = z.object({
  tenant: z.string(),
  roles: z.array(z.string()),
  plan: z.enum(['free', 'paid']).optional(),
})
export const valibotClaims = v.object({
  tenant: v.string(),
  roles: v.array(v.string()),
  plan: v.optional(v.picklist(['free', 'paid'])),
})
export const arktypeClaims = type({ tenant: 'string', roles: 'string[]', 'plan?': "'free' | 'paid' | undefined" })
