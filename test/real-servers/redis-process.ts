/** A process that follows the log of revocations, closes its validator and its client, and must end. */
import { createValidator, trustedIssuer } from '@tollgate/core'
import { redisRevocations } from '@tollgate/redis'
import { standalone } from './redis-clients.ts'

const [name = '', port = '', state = ''] = process.argv.slice(2)
const secrets = 'a secret of the tests, which is long enough'
const works: (() => void | Promise<void>)[] = []
const client = await standalone[name]?.([Number(port)], (work) => void works.push(work))
if (client === undefined) {
  throw new Error(`There is no client ${name}`)
}
const validator = createValidator({
  issuer: trustedIssuer('https://issuer.example', { secret: 'a secret of the tests, which is long enough' }),
  audience: 'https://api.example',
  revocations: redisRevocations(client, { secrets }),
})
process.send?.('connected')
if (state === 'up') {
  await validator.ready({ within: '10s' })
} else {
  // The test has paused the server, and the validator tries to read.
  await new Promise((resolve) => process.once('message', resolve))
  await new Promise((resolve) => setTimeout(resolve, 2000))
}
await validator.close()
await Promise.all(works.map(async (work) => work()))
process.disconnect?.()
