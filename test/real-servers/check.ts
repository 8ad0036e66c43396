/** Reports the programs that `test:real` needs and that are not installed. */
import { missingPrograms } from './programs.ts'

const missing = missingPrograms()
process.stderr.write(missing.map((line) => `${line}\n`).join(''))
process.exitCode = missing.length === 0 ? 0 : 1
