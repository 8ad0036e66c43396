import { createLabels, type Labels } from './labels.ts'
import type { Stop } from './stop.ts'

/** The recording for one OpenTelemetry provider. Several calls of `startTelemetry` share it. */
interface Recording {
  readonly reasons: Set<string>
  readonly end: Stop
  /** The number of starts without a stop. */
  starts: number
}

/** Records once per OpenTelemetry provider, however often it is started, so that nothing counts twice. The last stop ends the recording. */
export function oncePerProvider<Provider extends object>(
  record: (provider: Provider, labels: Labels) => Stop,
): (provider: Provider, reasons: readonly string[]) => Stop {
  const recordings = new WeakMap<Provider, Recording>()

  function start(provider: Provider): Recording {
    const reasons = new Set<string>()
    const recording = { reasons, end: record(provider, createLabels(reasons)), starts: 0 }
    recordings.set(provider, recording)
    return recording
  }

  function release(provider: Provider, recording: Recording): void {
    recording.starts -= 1
    if (recording.starts === 0) {
      recordings.delete(provider)
      recording.end()
    }
  }

  return (provider, reasons) => {
    const recording = recordings.get(provider) ?? start(provider)
    reasons.forEach((reason) => recording.reasons.add(reason))
    recording.starts += 1
    let isStopped = false
    return () => {
      if (!isStopped) {
        isStopped = true
        release(provider, recording)
      }
    }
  }
}
