import type { AccountConfig } from "../core/config/schema.ts";

export interface Shared<T> {
  /** Whose it is; undefined: it is the same for all. */
  readonly account: string | undefined;
  readonly found: T;
}

/** Looks once at what robots share. One result if all share it, else one for each robot. */
export async function shared<T>(
  accounts: readonly AccountConfig[],
  keyOf: (account: AccountConfig) => string,
  look: (account: AccountConfig) => Promise<T>,
): Promise<readonly Shared<T>[]> {
  const looks = new Map<string, Promise<T>>();
  for (const account of accounts) {
    const key = keyOf(account);
    if (!looks.has(key)) looks.set(key, look(account));
  }
  const [only, ...more] = looks.values();
  if (only !== undefined && more.length === 0) return [{ account: undefined, found: await only }];
  return await Promise.all(
    accounts.flatMap((account) => {
      const looked = looks.get(keyOf(account));
      return looked === undefined ? [] : [looked.then((found) => ({ account: account.id, found }))];
    }),
  );
}

/** The field a finding has where there are several robots. */
export const whose = (account: string | undefined) => (account === undefined ? {} : { account });
