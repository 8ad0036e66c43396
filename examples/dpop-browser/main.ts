import { once } from 'node:events'
import { start } from './start.ts'

const { page, stop } = await start()
console.log(`Open ${page} in a browser on this machine.`)
console.log('The code of the page is examples/dpop-browser/page/page.js.')
console.log('Ctrl-C stops the servers.')
await once(process, 'SIGINT')
await stop()
