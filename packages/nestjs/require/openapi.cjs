'use strict'

require('@tollgate/core')
module.exports = require('../dist/openapi.js')
