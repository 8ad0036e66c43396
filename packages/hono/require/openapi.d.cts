export * from '../dist/openapi.js'
