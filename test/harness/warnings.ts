import { onTestFinished, vi } from 'vitest'

/** Catches the warnings of the process until the test ends, so that the console does not print them. Returns their messages. */
export function catchWarnings(): readonly string[] {
  const warnings: string[] = []
  const emitWarning = vi
    .spyOn(process, 'emitWarning')
    .mockImplementation((warning) => void warnings.push(String(warning)))
  onTestFinished(() => emitWarning.mockRestore())
  return warnings
}
