import { floors } from '../floors.ts'
import { judge } from '../measure/judge.ts'
import { provenance } from './readme.ts'
import type { Results } from './results.ts'
import { floorsSection, sectionOf } from './sections.ts'

/** All tables of a run. */
export function documentOf(results: Results): string {
  const { series } = results
  return [
    provenance(results),
    '## The floors, and how they fared',
    'A floor is missed when it is off by more than the noise of the run, which is twice the standard error of the median of all rounds.',
    floorsSection(judge(floors, series)),
    '## In process',
    '× is the ratio to a bare synchronous verification of the signature.',
    '![Bar chart: µs for the validation of a token seen before](performance/warm.svg)',
    '![Bar chart: µs for the validation of a new token](performance/cold.svg)',
    sectionOf('in-process', series),
    '## Through HTTP',
    '![Bar chart: requests per second as a share of what the bare framework answers](performance/http.svg)',
    sectionOf('http', series),
    '## Opaque tokens',
    sectionOf('opaque', series),
    '## Growth',
    '![Bar chart: µs for a validation, by the number of tokens, issuers, keys and guards](performance/growth.svg)',
    sectionOf('growth', series),
  ].join('\n\n')
}
