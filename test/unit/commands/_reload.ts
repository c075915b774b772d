import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { readConfiguration } from "../../../src/host/configuration.ts";
import { watchConfiguration } from "../../../src/commands/_reload.ts";
import type { Config } from "../../../src/core/config/schema.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import { ownEnvironment } from "../../support/own-environment.ts";

export const ROBOT = { clientId: "a", clientSecret: "TOP-SECRET" };

export type Watching = ReturnType<typeof createWatching>;

/** A configuration in a folder of its own, and a worker that only remembers what it is told. */
export function createWatching() {
  const environment = ownEnvironment();
  const home = environment.path;

  const own = join(home, "dingbridge.json");
  const openclaw = join(home, "openclaw.json");
  writeFileSync(openclaw, "{}");
  const clock = createFakeClock();
  const log = createFakeLog();
  const levels: string[] = [];
  const told: Config[] = [];
  /** Stands in the way of the worker until it is called. */
  let blocked: Promise<void> | undefined;
  let watch: { stop(): void } | undefined;

  let counted = 0;
  /** At once, as editors and deployments do it: the file is another one each time. */
  const write = (path: string, text: string) => {
    const fresh = join(home, `fresh${counted++}`);
    writeFileSync(fresh, text);
    renameSync(fresh, path);
  };

  return {
    home,
    own,
    openclaw,
    clock,
    /** What the log's level was set to, and the configurations the worker was given. */
    levels,
    told,
    write,
    /** `channels.dingtalk` of the own file from now on. */
    configure: (block: object) =>
      write(own, JSON.stringify({ channels: { dingtalk: { ...ROBOT, ...block } } })),
    start(explicit = own) {
      const loaded = readConfiguration(explicit);
      const { config } = loaded;
      if (config === undefined) throw new Error(loaded.problems.join("\n"));
      return {
        config,
        /** The worker is up: from now on changes are looked for. */
        watch() {
          const worker = {
            async reload(next: Config) {
              told.push(next);
              await blocked;
              return [];
            },
          };
          const locks = { takeRobots: () => undefined, keepRobots: () => undefined };
          const logging = {
            ...log,
            hide: () => undefined,
            setLevel: (level: string) => void levels.push(level),
          };
          watch = watchConfiguration({ loaded, config, worker, locks, log: logging }, clock);
        },
      };
    },
    /** The worker takes its time from now on, until this is called. */
    block() {
      const gate = Promise.withResolvers<void>();
      blocked = gate.promise;
      return gate.resolve;
    },
    /** Time for every change to be seen and taken over; what the log said meanwhile. */
    async look() {
      log.entries.length = 0;
      await clock.advance(5000);
      return log.entries.map(({ level, message, fields }) => ({ level, message, fields }));
    },
    async hangUp(times = 1) {
      log.entries.length = 0;
      for (let time = 0; time < times; time++) process.emit("SIGHUP");
      await clock.settle();
      return log.entries.map(({ level, message, fields }) => ({ level, message, fields }));
    },
    stop: () => watch?.stop(),
    close() {
      watch?.stop();
      environment.close();
    },
  };
}
