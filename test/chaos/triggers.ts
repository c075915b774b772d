import type { Trigger } from "./schedule.ts";

/** If nothing of the kind happens within this time, it is done anyway. */
const PATIENCE_MS = 3000;

/** Lets a fault strike at the very moment something is under way. */
export function createTriggers() {
  const armed = new Map<Trigger, () => void>();
  return {
    /** Something has happened; what waits for it is done before anything else. */
    fire(what: Trigger) {
      const act = armed.get(what);
      armed.delete(what);
      act?.();
    },
    /** Resolves once `act` has been done. */
    arm: (what: Trigger, act: () => void): Promise<void> =>
      new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer);
          act();
          resolve();
        };
        const timer = setTimeout(
          () => {
            armed.delete(what);
            done();
          },
          what === "now" ? 0 : PATIENCE_MS,
        );
        if (what !== "now") armed.set(what, done);
      }),
  };
}

export type Triggers = ReturnType<typeof createTriggers>;
