'use strict'

require('@tollgate/core')
module.exports = require('../dist/mcp.js')
