'use strict'

require('@tollgate/core')
module.exports = require('../dist/index.js')
