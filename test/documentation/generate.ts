/** Writes the parts of the documentation that come from code: `npx -y pnpm@12 generate`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { read, root } from './files.ts'
import { externalLinks } from './links.ts'
import { withReasons } from './reasons/page.ts'

writeFileSync(join(root, 'docs/reasons.md'), withReasons(read('docs/reasons.md')))
writeFileSync(join(root, 'test/documentation/external-links.txt'), `${externalLinks().join('\n')}\n`)
