import { readFile } from 'node:fs/promises'
import { clientSecretBasic, createValidator, trustedIssuer, type TrustedIssuer } from '@tollgate/core'
import type { OpaqueSetting } from './contenders/opaque/contender.ts'
import { authenticating } from './contenders/jwt/tollgate.ts'
import { serve } from './measure/children.ts'
import { headerOf, inTurn, offer, timeOf } from './measure/laps.ts'
import { opaqueToken } from './world/tokens.ts'
import type { Setting } from './world/world.ts'

export type WarmSetting =
  | (OpaqueSetting & { readonly kind: 'opaque' })
  | (Setting & { readonly kind: 'JWT'; readonly file: string })

/** How long a validation takes of a token that is remembered, measured over so many milliseconds. */
export interface WarmQuestion {
  readonly milliseconds: number
}

const tokens = 1000

serve(async (setting: WarmSetting) => {
  const issuer =
    setting.kind === 'opaque'
      ? introspecting(setting)
      : trustedIssuer(setting.issuer, { algorithms: [setting.algorithm] })
  const validate = authenticating(createValidator({ issuer, audience: setting.audience }))
  const kept = (
    setting.kind === 'opaque' ? Array.from({ length: tokens }, opaqueToken) : await tokensIn(setting.file)
  ).map(headerOf)
  for (let sight = 1; sight <= 3; sight += 1) {
    await offer(kept, validate)
  }
  const trial = { validate, headers: inTurn(kept) }
  // Code is compiled.
  await timeOf(trial, 200)
  return ({ milliseconds }: WarmQuestion) => timeOf(trial, milliseconds)
})

function introspecting({ issuer, endpoint, clientId, clientSecret }: OpaqueSetting): TrustedIssuer {
  const client = clientSecretBasic(clientId, clientSecret)
  return trustedIssuer(issuer, { formats: 'opaque', introspection: { client, endpoint, cacheFor: '300s' } })
}

async function tokensIn(file: string): Promise<readonly string[]> {
  return (await readFile(file, 'utf8')).split('\n')
}
