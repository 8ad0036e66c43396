import { invalidOption } from '@tollgate/core/adapter'
import type { Layer, RoutePath } from './layers.ts'

/** The paths of `app.use(path, …)`. Express 4 has only a regular expression of it. */
export function mountPaths(layer: Layer): readonly RoutePath[] {
  if (layer.slash === true || layer.regexp?.fast_slash === true) {
    return ['/']
  }
  if (layer.rawPath !== undefined) {
    return [layer.rawPath].flat(Infinity) as RoutePath[]
  }
  if (layer.regexp !== undefined) {
    return pathsOf(layer.regexp, layer.keys ?? [])
  }
  throw invalidOption(
    'Expected version 2.3 or newer of the package `router`, because older versions do not list the paths of app.use: npm update router',
  )
}

/** Turns the expression that Express 4 compiles back into a path. An expression of the app stays as it is. */
function pathsOf({ source, flags }: RegExp, keys: NonNullable<Layer['keys']>): readonly RoutePath[] {
  let key = 0
  return source.split(/\|(?=\^)/).map((one) => {
    const path = one
      .replace(/^\^/, '')
      .replace(/\\\/\?\(\?=\\\/\|\$\)$/, '')
      .replaceAll(
        /\(\?:(\\\/)?\(\[\^\\?\/\]\+\?\)\)(\??)/g,
        (_, slash = '', optional = '') => `${slash}:${keys[key++]?.name}${optional}`,
      )
      .replaceAll('(.*)', () => (key++, '*'))
      .replaceAll(/\\([/.])/g, '$1')
    return /[\\^$()[\]|]/.test(path) ? new RegExp(one, flags) : path || '/'
  })
}
