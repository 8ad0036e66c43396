/** What the page says about one reason. Links are relative to `docs/`. */
export interface ReasonText {
  /** What happened, without a full stop, because it is a cell of a table. */
  readonly happened: string
  /** The commonest cause, in sentences. */
  readonly cause: string
  /** How to fix it, in sentences. */
  readonly fix: string
}
