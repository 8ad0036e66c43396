/** A note on each of many short-lived objects, which nobody else sees. */
export interface Notes<Subject extends object, Note> {
  readonly of: (subject: Subject) => Note | undefined
  readonly set: (subject: Subject, note: Note) => void
}

/**
 * As a `WeakMap`, which for some ten thousand new objects a second keeps the garbage collector busier than all else that is done for a request: the
 * note is a private member, which the constructor of a class that returns somebody else's object adds to that.
 */
export function createNotes<Subject extends object, Note>(): Notes<Subject, Note> {
  class Noted extends Given {
    #note: Note

    constructor(subject: Subject, note: Note) {
      super(subject)
      this.#note = note
    }

    static of(subject: unknown): Note | undefined {
      return typeof subject === 'object' && subject !== null && #note in subject ? subject.#note : undefined
    }

    static set(subject: Subject, note: Note): void {
      if (#note in subject) {
        subject.#note = note
      } else {
        void new Noted(subject, note)
      }
    }
  }

  return { of: (subject) => Noted.of(subject), set: (subject, note) => Noted.set(subject, note) }
}

// oxlint-disable-next-line typescript/no-extraneous-class -- its constructor is all that is needed
class Given {
  constructor(subject: object) {
    // oxlint-disable-next-line no-constructor-return -- this is what it is for
    return subject
  }
}
