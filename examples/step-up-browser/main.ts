import { once } from 'node:events'
import { start } from './start.ts'

const { page, stop } = await start({ sendCode: (code) => console.log(`The one-time code is ${code}.`) })
console.log(`Open ${page} in a browser on this machine. The account is alice, and the password is alice-password.`)
console.log('The code of the page is examples/step-up-browser/page/page.js.')
console.log('Ctrl-C stops the servers.')
await once(process, 'SIGINT')
await stop()
