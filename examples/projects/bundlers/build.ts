import { build } from 'esbuild'

const entry = { entryPoints: ['app.mjs'], bundle: true, platform: 'node', target: 'node22' } as const

// An ES module. undici calls `require`, which an ES module does not have.
await build({
  ...entry,
  format: 'esm',
  outfile: 'dist/banner.mjs',
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
})

// An ES module beside `node_modules`.
await build({ ...entry, format: 'esm', outfile: 'dist/external.mjs', external: ['undici'] })

// CommonJS.
await build({ ...entry, format: 'cjs', outfile: 'dist/app.cjs' })
