import { invalidOption, isGuard } from '@tollgate/core/adapter'

/** Names that developers write for `auth`. Without `auth` beside them they are mistakes. */
const aliases = new Set(
  [
    'authentication authenticate authenticated authorization authorize authorized oauth requireauth authrequired',
    'protect protected guard guards scope scopes',
  ].flatMap((names) => names.split(' ')),
)

/**
 * Throws a `TypeError` for a member of a route's config that looks like a misspelt `auth`, because the route would be
 * open. A guard belongs to `auth` alone. A name that resembles `auth` is a mistake only when the config has no `auth`.
 * On a route that states its `auth`, another plugin can use such a name.
 */
export function expectNoMisspeltAuth(config: object, place: string): void {
  const hasAuth = Object.hasOwn(config, 'auth')
  for (const [name, value] of Object.entries(config)) {
    if (name !== 'auth' && [value].flat().some(isGuard)) {
      throw invalidOption(`Expected guards${place} as \`config: { auth }\`, got one as \`${name}\``)
    }
    if (!hasAuth && resemblesAuth(name)) {
      throw invalidOption(
        `Unknown member \`${name}\` in the config${place}: did you mean \`auth\`? If another plugin uses \`${name}\`, state \`auth\` beside it: true, 'optional', false, or guards`,
      )
    }
  }
}

function resemblesAuth(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[^a-z]/g, '')
  return aliases.has(plain) || (isOneMistakeFrom(plain, 'auth') && plain !== 'auto')
}

/** Whether one letter is missing, superfluous, wrong or in the wrong place, or only the case differs. */
function isOneMistakeFrom(name: string, right: string): boolean {
  const start = right.split('').findIndex((letter, index) => name[index] !== letter)
  if (start === -1) {
    return name.length <= right.length + 1
  }
  const [rest, expected] = [name.slice(start), right.slice(start)]
  const swapped = `${expected[1] ?? ''}${expected[0] ?? ''}${expected.slice(2)}`
  return (
    [expected.slice(1), swapped].includes(rest) || rest.slice(1) === expected || rest.slice(1) === expected.slice(1)
  )
}
