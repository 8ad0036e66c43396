/** The result of a user's function, which may be synchronous or not. No function of the library returns this type. */
export type MaybePromise<Value> = Value | PromiseLike<Value>
