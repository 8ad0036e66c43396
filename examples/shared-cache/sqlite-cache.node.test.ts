import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { tokenCacheContract } from '@tollgate/core/contract'
import { sqliteCache } from './sqlite-cache.ts'

const folder = mkdtempSync(join(tmpdir(), 'tollgate-'))
after(() => rmSync(folder, { recursive: true }))

for (const { name, run } of tokenCacheContract(() => sqliteCache(join(folder, 'responses.db')))) {
  test(name, run)
}
