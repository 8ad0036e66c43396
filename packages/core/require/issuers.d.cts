export * from '../dist/issuers.js'
