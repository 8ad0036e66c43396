import { z } from 'zod'

/** The claims that this API needs, besides those of every access token. */
export const claims = z.object({
  tenant: z.string(),
  auth_time: z.number().transform((seconds) => new Date(seconds * 1000)),
})

export type Claims = z.infer<typeof claims>
