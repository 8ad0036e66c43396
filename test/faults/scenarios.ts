import { beyond } from './scenarios.beyond.ts'
import { cold } from './scenarios.cold.ts'
import { expired } from './scenarios.expired.ts'
import { moves } from './scenarios.moves.ts'
import { outages } from './scenarios.outages.ts'
import type { Scenario } from './scenarios.steps.ts'
import { warm } from './scenarios.warm.ts'

export const scenarios: readonly Scenario[] = [...outages(), ...cold, ...warm, ...moves, ...expired, ...beyond]
