/** This handler has no protection. Only `proxy.ts` protects it. */
export function GET(): Response {
  return Response.json({ data: 'for holders of a token' })
}
