/** The table of the application. */
export interface User {
  readonly profile: { readonly name: string }
}

const users: ReadonlyMap<string, User> = new Map([['alice', { profile: { name: 'Alice' } }]])

export const User = {
  findOne: async ({ id }: { readonly id: string | undefined }): Promise<User | undefined> => users.get(id ?? ''),
}
