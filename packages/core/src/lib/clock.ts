/** Returns the time in milliseconds since the epoch, as `Date.now` does. Validation and all caches use one clock. */
export type Clock = () => number
