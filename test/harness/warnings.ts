import { onTestFinished, vi } from 'vitest'

/** A test may create validators while its own servers still have requests of others. */
const byTests = 'TOLLGATE_CREATED_PER_REQUEST'

/**
 * Catches the warnings of the process until the test ends, so that the console does not print them. Returns their
 * messages. `all` includes the warning about validators that are created while a request is handled.
 */
export function catchWarnings(which: 'all' | 'of configurations' = 'of configurations'): readonly string[] {
  const warnings: string[] = []
  const emitWarning = vi
    .spyOn(process, 'emitWarning')
    .mockImplementation((warning: string | Error, options?: unknown) => {
      const { code } = (typeof options === 'object' ? options : {}) as { readonly code?: string }
      if (which === 'all' || code !== byTests) {
        warnings.push(String(warning))
      }
    })
  onTestFinished(() => emitWarning.mockRestore())
  return warnings
}
