import { DatabaseSync } from 'node:sqlite'
import type { TokenCache } from '@tollgate/core'

/** A cache in a file, for several processes on one machine. */
export function sqliteCache(file: string): TokenCache {
  const database = new DatabaseSync(file)
  database.exec('CREATE TABLE IF NOT EXISTS responses (key TEXT PRIMARY KEY, value TEXT, expires REAL) STRICT')
  const select = database.prepare('SELECT value FROM responses WHERE key = ? AND expires > ?')
  const upsert = database.prepare('INSERT OR REPLACE INTO responses VALUES (?, ?, ?)')
  const remove = database.prepare('DELETE FROM responses WHERE key = ? OR expires <= ?')

  return {
    get: async (key) => select.get(key, Date.now())?.['value'] as string | undefined,
    set: async (key, value, expiresIn) => void upsert.run(key, value, Date.now() + expiresIn),
    delete: async (key) => void remove.run(key, Date.now()),
  }
}
