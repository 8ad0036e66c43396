/**
 * The message on `tollgate:revocation`: the log of revocations. `'received'`: records of other processes took effect.
 * `'ignored'`: records that this process cannot read, which somebody else wrote, or an application with other secrets.
 * `'failed'`: a read failed, and is repeated. `'silent'`: there was no contact for `maxSilence`. `'recovered'`: the
 * contact is back, and all records are read. `'full'`: this process cannot know more revocations.
 */
export interface RevocationMessage {
  readonly event: 'received' | 'ignored' | 'failed' | 'silent' | 'recovered' | 'full'
  /** The number of records. With `'full'`, the number of revocations that this process knows. */
  readonly count: number
  /** The `code` of the error, or its name. `undefined` unless `event` is `'failed'`. */
  readonly error?: string | undefined
}
