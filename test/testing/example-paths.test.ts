import { examplePaths } from '@tollgate/core/testing'
import { expect, test } from 'vitest'

test.each([
  ['/', ['/']],
  ['/orders', ['/orders']],
  ['/orders/:id', ['/orders/1']],
  ['/orders/:orderId/items/:id', ['/orders/1/items/1']],
  // Express 4, koa-router
  ['/users/:id?', ['/users/1', '/users']],
  [String.raw`/users/:id(\d{4})`, ['/users/1234']],
  ['/:lang(de|fr)/about', ['/de/about']],
  ['/files/(.*)', ['/files/1']],
  ['/files/*', ['/files/1']],
  // Express 5, @koa/router
  ['/users{/:id}', ['/users/1', '/users']],
  ['/files/*path', ['/files/1']],
  ['/{*path}', ['/1', '/']],
  ['/:"a b"', ['/1']],
  [String.raw`/a\:b\{c\}`, ['/a:b{c}']],
  // Fastify
  ['/at/:hour(^\\d{2}$)h:minute(^\\d{2}$)m', ['/at/12h12m']],
  ['/near/:lat-:lng/x', ['/near/1-1/x']],
  ['/name::verb', ['/name:verb']],
  // There is no value for this parameter.
  [String.raw`/:id(x{9}y)`, []],
])('the examples for %s are %j', (path, expected) => {
  expect(examplePaths(path)).toEqual(expected)
})
