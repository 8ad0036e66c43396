/** A set that nobody can add to or take from, which `Object.freeze` does not achieve: it is shared by requests. */
export function frozenSet<Item>(items: Iterable<Item>): ReadonlySet<Item> {
  return new FrozenSet(items)
}

class FrozenSet<Item> extends Set<Item> {
  constructor(items: Iterable<Item>) {
    super()
    for (const item of items) {
      super.add(item)
    }
  }

  override add(): never {
    return refuse()
  }

  override delete(): never {
    return refuse()
  }

  override clear(): never {
    return refuse()
  }
}

// For whoever compares it, or looks at it, it is a set like others.
Object.defineProperty(FrozenSet.prototype, 'constructor', { value: Set })

function refuse(): never {
  throw new TypeError('The scopes of a token cannot be changed')
}
