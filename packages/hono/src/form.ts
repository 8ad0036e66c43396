import { isUrlEncodedForm, maxFormBytes, parseForm } from '@tollgate/core/adapter'
import type { Context } from 'hono'

const forms = new WeakMap<Context, ReturnType<typeof parseForm>>()

/** The form that a middleware in front has read. `undefined` when none did, and before `readParsedForm`. */
export function parsedFormOf(c: Context): ReturnType<typeof parseForm> | undefined {
  return forms.get(c)
}

/**
 * Takes a form that a middleware in front has read by `c.req`, such as `c.req.parseBody()` or a validator. Hono caches
 * that body. Does not read a body itself, and ignores a form above 64 KiB.
 */
export async function readParsedForm(c: Context): Promise<void> {
  const { raw, bodyCache } = c.req
  const isRead = Object.keys(bodyCache).length > 0
  if (isRead && isUrlEncodedForm(raw)) {
    // A body that the middleware in front could not read has no token.
    const text = await textOf(c).catch(() => '')
    forms.set(c, text.length > maxFormBytes ? {} : parseForm(text))
  }
}

/** Hono would write a parsed `FormData` as a multipart body. */
async function textOf({ req }: Context): Promise<string> {
  if (req.bodyCache.formData === undefined) {
    return req.text()
  }
  const form = await req.formData()
  // A URL-encoded form has no files.
  const texts = Array.from(form).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : []))
  return new URLSearchParams(texts).toString()
}
