/** The time in milliseconds since the epoch, as `Date.now` tells it. Every judgement and every cache asks this one clock. */
export type Clock = () => number
