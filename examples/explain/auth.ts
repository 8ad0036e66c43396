import { createProtect } from '@tollgate/express'

export const protect = createProtect({
  issuer: process.env['ISSUER'] ?? 'https://as.example.com',
  audience: 'https://api.example.com',
  explain: 'console',
})
