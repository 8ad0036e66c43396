import { TollgateModule } from '@tollgate/nestjs'

/** Every route of the application needs an access token of this issuer for this API. */
export const protection = TollgateModule.forRoot({
  issuer: 'https://login.example.com',
  audience: 'https://api.example.com',
})
