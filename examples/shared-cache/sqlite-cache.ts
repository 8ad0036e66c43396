import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import type { TokenCache } from '@tollgate/core'

/** A cache in a file, for several processes on one machine. */
export function sqliteCache(file: string): TokenCache {
  const database = new DatabaseSync(file, { timeout: 200 })
  database.exec('CREATE TABLE IF NOT EXISTS responses (key TEXT PRIMARY KEY, value TEXT, expires REAL) STRICT')
  database.exec('CREATE TABLE IF NOT EXISTS leases (key TEXT PRIMARY KEY, lease TEXT, expires REAL) STRICT')
  const select = database.prepare('SELECT value FROM responses WHERE key = ? AND expires > ?')
  const upsert = database.prepare('INSERT OR REPLACE INTO responses VALUES (?, ?, ?)')
  const remove = database.prepare('DELETE FROM responses WHERE key = ? OR expires <= ?')
  const takeLease = database.prepare('INSERT INTO leases VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
  const renewLease = database.prepare('UPDATE leases SET expires = ? WHERE key = ? AND lease = ? AND expires > ?')
  const endLease = database.prepare('DELETE FROM leases WHERE key = ? AND lease = ?')
  const endLeases = database.prepare('DELETE FROM leases WHERE key = ? OR expires <= ?')
  const endOldLeases = database.prepare('DELETE FROM leases WHERE expires <= ?')

  /** Runs the statements in one step for all processes. */
  function inOneStep<Result>(work: () => Result): Result {
    database.exec('BEGIN IMMEDIATE')
    try {
      return work()
    } finally {
      database.exec('COMMIT')
    }
  }

  return {
    get: async (key) => select.get(key, Date.now())?.['value'] as string | undefined,
    set: async (key, value, expiresIn, lease) =>
      inOneStep(() => {
        endOldLeases.run(Date.now())
        const mayWrite = lease === undefined || endLease.run(key, lease).changes === 1
        if (mayWrite) {
          upsert.run(key, value, Date.now() + expiresIn)
        }
        return mayWrite
      }),
    delete: async (key) =>
      inOneStep(() => {
        remove.run(key, Date.now())
        endLeases.run(key, Date.now())
      }),
    acquireLease: async (key, expiresIn) =>
      inOneStep(() => {
        endOldLeases.run(Date.now())
        const lease = randomUUID()
        return takeLease.run(key, lease, Date.now() + expiresIn).changes === 1 ? lease : undefined
      }),
    renewLease: async (key, lease, expiresIn) =>
      renewLease.run(Date.now() + expiresIn, key, lease, Date.now()).changes === 1,
    releaseLease: async (key, lease) => void endLease.run(key, lease),
  }
}
