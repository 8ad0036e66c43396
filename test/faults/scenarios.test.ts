/** The responses while the issuer fails. The hosts have real sockets, and the time is the test clock. */
import { test } from 'vitest'
import { outages } from './outages.ts'
import { run } from './scenario.ts'
import { absent } from './stories/absent.ts'
import { ended } from './stories/ended.ts'
import { fresh } from './stories/fresh.ts'
import { moved } from './stories/moved.ts'
import { stale } from './stories/stale.ts'

const scenarios = [...outages(), ...absent, ...fresh, ...moved, ...stale, ...ended]

test.each(scenarios)('$document, $phase: $name', (scenario) => run(scenario))
