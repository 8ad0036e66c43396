import { createProtect } from '@tollgate/express'

/** Stands for the logger of the app. */
export const logger = { warn: (details: object, line: string): void => console.log(line, details) }

export const protect = createProtect({
  issuer: process.env['ISSUER'] ?? 'https://as.example.com',
  audience: 'https://api.example.com',
  explain: ({ line, reason, count }) => logger.warn({ reason, count }, line),
})
