import type { SessionClaim } from "../core/inbound/session.ts";

/**
 * What claims have been given, by claim; all is forgotten when it grows beyond `size`. Every message is
 * looked up here, and two that want the same key are rare: the key alone finds the first of them.
 */
export function createClaimed<T>(size = Infinity) {
  const firsts = new Map<string, readonly [SessionClaim, T]>();
  const others = new Map<string, readonly [SessionClaim, T]>();
  // An owner is JSON and so holds no line break: no two claims look the same.
  const idOf = ({ wanted, owner }: SessionClaim) => `${owner}\n${wanted}`;

  return {
    of(claim: SessionClaim): T | undefined {
      const first = firsts.get(claim.wanted);
      if (first === undefined) return undefined;
      return first[0].owner === claim.owner ? first[1] : others.get(idOf(claim))?.[1];
    },
    keep(claim: SessionClaim, given: T) {
      if (firsts.size + others.size >= size) {
        firsts.clear();
        others.clear();
      }
      const { wanted, owner } = claim;
      if ((firsts.get(wanted)?.[0].owner ?? owner) === owner) firsts.set(wanted, [claim, given]);
      else others.set(idOf(claim), [claim, given]);
    },
    *[Symbol.iterator]() {
      yield* firsts.values();
      yield* others.values();
    },
  };
}
