'use strict'

// Every entry point loads this file first, so that an old Node says in words what is wrong. It loads nothing else.
const { node, bun, deno } = process.versions
const [, major, minor] = (/^(\d+)\.(\d+)/.exec(node) ?? []).map(Number)

// A runtime without a version of Node passes, because `undefined` is not less than a number.
if (major < 22 || (major === 22 && minor < 19)) {
  const runtime = bun ? `Bun ${bun} with the functions of Node ${node}` : deno ? `Deno ${deno}` : `Node ${node}`
  const message = `Tollgate needs Node 22.19 or newer; this is ${runtime} (${process.execPath}). Install a newer version, or start your application with the newer one that is installed`
  throw Object.assign(new Error(message), { code: 'ERR_OLD_RUNTIME' })
}
