import { z } from 'zod'

/** What this API expects of the claims, besides what every access token has. */
export const claims = z.object({
  tenant: z.string(),
  auth_time: z.number().transform((seconds) => new Date(seconds * 1000)),
})

export type Claims = z.infer<typeof claims>
