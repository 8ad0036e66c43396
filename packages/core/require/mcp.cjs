'use strict'

require('./expect-node.cjs')
module.exports = require('../dist/mcp.js')
