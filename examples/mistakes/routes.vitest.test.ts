import { expectProtected } from '@tollgate/express/testing'
import { expect, test } from 'vitest'
import { createApp } from './app.ts'

const app = createApp({ issuer: 'https://as.example', audience: 'https://api.example.com' })

test('every route but the health check needs a token', async () => {
  const routes = await expectProtected(app, { except: ['/health'] })
  expect(routes).toContain('GET /orders/:id')
})
