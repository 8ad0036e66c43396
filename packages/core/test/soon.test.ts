import { expect, test, vi } from 'vitest'
import { isLater, promised, type Soon, whenThere, withFailures } from '../src/soon.ts'

const mistake = new Error('a mistake')

function fails(): never {
  throw mistake
}

test('what is there is gone on with at once, and what will be is waited for', async () => {
  const next = vi.fn<(value: number) => number>((value) => value + 1)
  expect(whenThere(1, next)).toBe(2)
  const later = whenThere(Promise.resolve(2), next)
  expect(next).toHaveBeenCalledTimes(1)
  expect(isLater(later)).toBe(true)
  expect(await later).toBe(3)
})

test('what goes on may itself come later', async () => {
  expect(await whenThere(1, async (value) => value + 1)).toBe(2)
  expect(await whenThere(Promise.resolve(1), async (value) => value + 1)).toBe(2)
})

test('a failure of what goes on is no affair of what was there', async () => {
  expect(() => whenThere(1, fails)).toThrow(mistake)
  await expect(whenThere(Promise.resolve(1), fails)).rejects.toBe(mistake)
  const next = vi.fn<() => number>()
  await expect(whenThere(Promise.reject<number>(mistake), next)).rejects.toBe(mistake)
  expect(next).not.toHaveBeenCalled()
})

test('what fails to come has a way of its own, which sees no failure of what goes on', async () => {
  const failed = vi.fn<(error: unknown) => string>(() => 'made up for')
  expect(await whenThere(Promise.reject<number>(mistake), String, failed)).toBe('made up for')
  await expect(whenThere<number, string>(Promise.resolve(1), fails, failed)).rejects.toBe(mistake)
  expect(failed.mock.calls).toEqual([[mistake]])
})

test('a failure is handled once, be it at once or later', async () => {
  const handled = vi.fn<(error: unknown) => string>(() => 'handled')
  expect(withFailures<string>(fails, handled)).toBe('handled')
  expect(await withFailures<string>(async () => fails(), handled)).toBe('handled')
  expect(withFailures<string>(() => 'well', handled)).toBe('well')
  expect(await withFailures<string>(async () => 'well', handled)).toBe('well')
  expect(handled.mock.calls).toEqual([[mistake], [mistake]])
})

test('what fails in handling fails', async () => {
  expect(() => withFailures<string>(() => fails(), fails)).toThrow(mistake)
  await expect(withFailures<string>(async () => fails(), fails)).rejects.toBe(mistake)
})

test('who is promised a promise gets one, and never an exception', async () => {
  const works: readonly (() => Soon<string>)[] = [() => 'well', async () => 'well']
  for (const work of works) {
    const promise = promised(work)
    expect(promise).toBeInstanceOf(Promise)
    expect(await promise).toBe('well')
  }
  for (const work of [fails, async () => fails()]) {
    await expect(promised(work)).rejects.toBe(mistake)
  }
})
