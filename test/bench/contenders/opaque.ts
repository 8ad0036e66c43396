import { badgatewayOauth2Client } from './opaque/badgateway-oauth2-client.ts'
import type { OpaqueContender } from './opaque/contender.ts'
import { oauth4webapi } from './opaque/oauth4webapi.ts'
import { openidClient } from './opaque/openid-client.ts'
import { passportOauth2Introspect } from './opaque/passport-oauth2-introspect.ts'
import { tokenIntrospection } from './opaque/token-introspection.ts'
import { tollgate } from './opaque/tollgate.ts'

/** What npm has to introspect opaque tokens with. keycloak-connect is left out, for it brings a browser's driver along. */
export const opaqueContenders: readonly OpaqueContender[] = [
  tollgate,
  oauth4webapi,
  openidClient,
  badgatewayOauth2Client,
  tokenIntrospection,
  passportOauth2Introspect,
]
