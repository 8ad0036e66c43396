export * from '../dist/adapter.js'
