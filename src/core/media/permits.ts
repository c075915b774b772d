/** Lets a fixed number through at a time, first come first served. */
export interface Permits {
  /** Resolves to what gives the permit back, which must be called; rejects with `signal`'s reason. */
  take(signal: AbortSignal): Promise<() => void>;
}

export function createPermits(most: number): Permits {
  let free = most;
  /** In order of arrival. */
  const waiting = new Set<() => void>();

  const giveBack = () => {
    for (const next of waiting) {
      waiting.delete(next);
      next();
      return;
    }
    free++;
  };

  const permit = () => {
    let held = true;
    return () => {
      if (held) giveBack();
      held = false;
    };
  };

  return {
    async take(signal) {
      signal.throwIfAborted();
      if (free > 0) {
        free--;
        return permit();
      }
      await new Promise<void>((resolve, reject) => {
        const go = () => {
          signal.removeEventListener("abort", leave);
          resolve();
        };
        const leave = () => {
          waiting.delete(go);
          reject(signal.reason as Error);
        };
        signal.addEventListener("abort", leave, { once: true });
        waiting.add(go);
      });
      return permit();
    },
  };
}
