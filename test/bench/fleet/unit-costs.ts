/** What one operation costs. `measure.ts` prints these figures. */
export interface UnitCosts {
  /** Bytes of Redis for an introspection result of 380 characters. */
  readonly bytesPerResult: number
  /** Bytes of Redis for a revocation. */
  readonly bytesPerRecord: number
  /** Microseconds of CPU of a process, for reading and opening a result. */
  readonly cpuPerRead: number
  /** Microseconds of CPU of a process, for reading and opening a revocation. */
  readonly cpuPerRecord: number
}

/** Redis 7.0.15 and Node 26.10 on 2 cores of AMD EPYC, 2026-11-30. */
export const unitCosts: UnitCosts = { bytesPerResult: 940, bytesPerRecord: 235, cpuPerRead: 89, cpuPerRecord: 45 }

/** Bytes of a process for a revocation. `test/core/revocations.slow.test.ts` measures it. */
export const bytesPerRevocation = 100
