import commonjs from '@rollup/plugin-commonjs'
import resolve from '@rollup/plugin-node-resolve'

export default {
  input: 'app.mjs',
  output: { file: 'dist/rollup.mjs', format: 'esm', inlineDynamicImports: true },
  external: ['undici', /^node:/],
  plugins: [resolve({ preferBuiltins: true }), commonjs()],
}
