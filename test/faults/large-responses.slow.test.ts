/** The memory that large introspection responses take. */
import { expect } from 'vitest'
import { adapters } from '../harness/adapters.ts'
import { bytesInUse } from '../harness/memory.ts'
import { misbehaviours, taken } from '../harness/misbehaviour.ts'
import { hang } from '../harness/responses.ts'
import { openScriptedApi } from '../harness/scripted-api.ts'
import { verifies } from '../harness/verifies.ts'

verifies(
  'ERR-02',
  'large responses are not read to their end, and do not stay in memory',
  async (adapter) => {
    const heavy = [
      'responds with a gigabyte',
      'responds with a gzip bomb',
      'responds with endless headers',
      'responds with a thousand brackets',
    ]
    const { issuer, present } = await openScriptedApi(adapter, { introspection: {} })
    const misbehave = async (rounds: number): Promise<void> => {
      for (const name of heavy) {
        issuer.routes['/introspect'] = misbehaviours[name]?.act ?? hang
        for (let round = 0; round < rounds; round += 1) {
          expect(await present(`${name.length}-${round}`), name).toBe('502')
        }
      }
    }
    await misbehave(2)
    const before = bytesInUse()
    taken.bytes = 0
    await misbehave(25)
    // The buffers of the sockets take a part of the gigabyte.
    expect(taken.bytes / 25).toBeLessThan(8 * 1024 * 1024)
    expect(bytesInUse() - before).toBeLessThan(16 * 1024 * 1024)
  },
  adapters.filter(({ name }) => name === 'Request'),
)
