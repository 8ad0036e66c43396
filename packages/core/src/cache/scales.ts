/** About how many bytes a value of JSON takes in V8, that is more than its text: on the high side where that depends. */
export function bytesOf(value: unknown): number {
  const shapes = new Set<string>()

  function sum(part: unknown): number {
    if (typeof part === 'string') {
      return header + bytesOfText(part)
    }
    if (typeof part !== 'object' || part === null) {
      return isInSlot(part) ? 0 : number
    }
    const members: readonly unknown[] = Object.values(part)
    return members.reduce((bytes: number, member) => bytes + sum(member), ownBytes(part))
  }

  /** Objects with the same names in the same order share how they are laid out; when there are too many such shapes, each gets a table of its own. */
  function ownBytes(part: object): number {
    if (Array.isArray(part)) {
      return bytesOfMembers(part)
    }
    const shape = shapeOf(part)
    const isNew = !shapes.has(shape)
    shapes.add(shape)
    return bytesOfMembers(part) + table + inTable * Object.keys(part).length + (isNew ? bytesOfShape(part) : 0)
  }

  return sum(value)
}

/** An object or a list with its slots: neither what is in them, nor how an object is laid out. */
export function bytesOfMembers(value: object): number {
  return 2 * header + slot * Object.keys(value).length
}

/** Such as `{iss,sub}`. */
export function shapeOf(value: object): string {
  return `{${JSON.stringify(Object.keys(value))}}`
}

export function bytesOfShape(value: object): number {
  return Object.keys(value).reduce((bytes, name) => bytes + perName + bytesOfText(name), 0)
}

/** One character that is not of Latin-1 makes all of them take two bytes. */
export function bytesOfText(text: string): number {
  return /[^\0-\u00FF]/.test(text) ? 2 * text.length : text.length
}

const slot = 8
/** Of an object, a list, a string. */
const header = 32
const number = 16
const table = 160
const inTable = 48
/** The name itself, where it lies, and how to come to the layout with it from the one without. */
const perName = 192

/** Numbers have an object of their own, but for small integers. */
function isInSlot(value: unknown): boolean {
  return typeof value !== 'number' || (Math.trunc(value) === value && Math.abs(value) < 2 ** 31)
}
