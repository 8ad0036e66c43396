import { Controller, Res, Sse } from '@nestjs/common'
import { type AccessToken, Auth, lease } from '@tollgate/nestjs'
import type { Response } from 'express'
import { interval, map } from 'rxjs'

@Controller()
export class PricesController {
  @Sse('prices')
  prices(@Auth() token: AccessToken, @Res() response: Response) {
    lease(token).bind(response)
    return interval(50).pipe(map((price) => ({ data: String(price) })))
  }
}
