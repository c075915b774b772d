import { createRoster } from "../core/access/roster.ts";
import type { AccountConfig } from "../core/config/schema.ts";
import type { Counters } from "../core/counters.ts";
import { openConnection } from "../core/stream/open.ts";
import { createStream } from "../core/stream/stream.ts";
import { VERSION } from "../version.ts";
import { changeOf } from "./changes.ts";
import type { WorkerPorts } from "./ports.ts";
import { createWorks } from "./works.ts";

export interface AccountOptions {
  readonly config: AccountConfig;
  /** The notes of its store are its own. */
  readonly ports: WorkerPorts;
  readonly counters: Counters;
  /** Robots of this worker by their own opaque ids; grows. */
  readonly robots: Set<string>;
}

const OPEN_TIMEOUT_MS = 10_000;

export type Account = ReturnType<typeof createAccount>;

/** One robot: its links, and behind them the works that its configuration asks for. Accounts share the store and nothing else. */
export function createAccount(options: AccountOptions) {
  const { ports, counters, robots } = options;
  const { clock, fetch, store, random, log } = ports;
  let { config } = options;
  const roster = createRoster({ account: config.id, store });

  const createLinks = ({ apiUrl, clientId, clientSecret, stream }: AccountConfig) =>
    createStream({
      links: stream.links,
      async open(signal) {
        const opened = await openConnection({
          apiUrl,
          clientId,
          clientSecret,
          fetch,
          clock,
          timeoutMs: OPEN_TIMEOUT_MS,
          userAgent: `dingbridge/${VERSION}`,
          signal,
        });
        if (opened.ok) ports.hide(URL.parse(opened.url)?.searchParams.get("ticket") ?? "");
        return opened;
      },
      dial: ports.dial,
      clock,
      random,
      log: log.child("stream"),
      counters,
      heartbeat: { intervalMs: stream.pingIntervalMs, misses: stream.pingMisses },
      onRobotMessage: (data, messageId, link) => works.intake.offer(data, messageId, link),
      onCardCallback: (data) => works.onCardCallback(data),
    });

  const worksFor = (wanted: AccountConfig) =>
    createWorks({
      config: wanted,
      ports,
      counters,
      robots,
      roster,
      stream: { status: () => stream.status() },
    });

  let works = worksFor(config);
  let stream = createLinks(config);

  /** The next works take messages in at once, and begin with them when these have ended: nothing is done twice. */
  const replaceWorks = async (wanted: AccountConfig) => {
    const before = works;
    // What still runs is nothing for those who are shut out.
    before.useAccess(wanted);
    works = worksFor(wanted);
    await before.stop();
    await works.start();
    await works.wake();
  };

  /** The next links are opened before the others are let go, unless it is another robot's. */
  const replaceLinks = (wanted: AccountConfig) => {
    const before = stream;
    stream = createLinks(wanted);
    stream.start();
    before.stop();
  };

  return {
    id: config.id,
    get config() {
      return config;
    },
    get works() {
      return works;
    },
    get stream() {
      return stream;
    },
    get access() {
      return works.access;
    },
    words: ((...given) => works.words(...given)) as typeof works.words,
    recall: ((...given) => works.recall(...given)) as typeof works.recall,
    onReplies: ((chat) => works.onReplies(chat)) as typeof works.onReplies,
    /** Takes up what an earlier process left and connects. */
    async start() {
      await works.start();
      // First: what an earlier process left may be much, and new messages must not wait for it.
      stream.start();
      await works.wake();
    },
    /** Changes as little as the new configuration asks for. Resolves with what that was. */
    async reload(wanted: AccountConfig) {
      const change = changeOf(config, wanted);
      config = wanted;
      if (change === "access") works.useAccess(wanted);
      if (change === "works" || change === "links") await replaceWorks(wanted);
      if (change === "links") replaceLinks(wanted);
      return change;
    },
    /** Stops taking in, lets what runs finish for a while, parks the rest in the store. */
    stop: () => works.stop(() => stream.stop()),
  };
}
