import { lease, leaseResponse, type Validator } from '@tollgate/core'
import { prices } from './prices.ts'

export async function respond(request: Request, validator: Validator): Promise<Response> {
  try {
    const token = await validator.authenticate(request)
    const source = prices()
    const body = new ReadableStream<string>({
      pull: async (controller) => controller.enqueue((await source.next()).value as string),
      cancel: async () => void (await source.return(undefined)),
    }).pipeThrough(new TextEncoderStream())
    return leaseResponse(new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }), lease(token))
  } catch (error) {
    return validator.respond(error)
  }
}
