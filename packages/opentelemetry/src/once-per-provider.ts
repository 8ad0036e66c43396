import type { Stop } from './channels.ts'
import { createLabels, type Labels } from './labels.ts'

/** A recording that all share who start one with the same provider. */
interface Recording {
  readonly reasons: Set<string>
  readonly end: Stop
  holders: number
}

/** Begins what is to be recorded with a provider when it is first started, and ends it when it was stopped as often: nothing is counted twice. */
export function oncePerProvider<Provider extends object>(
  begin: (provider: Provider, labels: Labels) => Stop,
): (provider: Provider, reasons: readonly string[]) => Stop {
  const recordings = new WeakMap<Provider, Recording>()

  function start(provider: Provider): Recording {
    const reasons = new Set<string>()
    const recording = { reasons, end: begin(provider, createLabels(reasons)), holders: 0 }
    recordings.set(provider, recording)
    return recording
  }

  function release(provider: Provider, recording: Recording): void {
    recording.holders -= 1
    if (recording.holders === 0) {
      recordings.delete(provider)
      recording.end()
    }
  }

  return (provider, reasons) => {
    const recording = recordings.get(provider) ?? start(provider)
    reasons.forEach((reason) => recording.reasons.add(reason))
    recording.holders += 1
    let isStopped = false
    return () => {
      if (!isStopped) {
        isStopped = true
        release(provider, recording)
      }
    }
  }
}
