import { createCounters } from "../../../src/core/counters.ts";
import type { Link } from "../../../src/core/stream/link.ts";
import type { OpenFailure, OpenResult } from "../../../src/core/stream/open.ts";
import { createSupervisor, type SupervisorOptions } from "../../../src/core/stream/supervisor.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import { createFakeDial, type FakeSocket } from "../../support/fake-socket.ts";

/** A DingTalk that is the test: `answers` are what `open` says next, success when empty. */
export function playing(random: () => number = () => 0) {
  const clock = createFakeClock();
  const log = createFakeLog();
  const counters = createCounters();
  const { dial, sockets } = createFakeDial();
  const answers: OpenFailure[] = [];
  const messages: { data: string; messageId: string; link: Link }[] = [];
  let opens = 0;
  const options: SupervisorOptions = {
    open: async (): Promise<OpenResult> => {
      const ticket = ++opens;
      const failure = answers.shift();
      return failure === undefined
        ? { ok: true, url: `wss://stream.test/connect?ticket=${ticket}` }
        : { ok: false, failure, reason: `because of ${failure}` };
    },
    dial,
    clock,
    random,
    log,
    counters,
    heartbeat: { intervalMs: 5000, misses: 2 },
    onRobotMessage: (data, messageId, link) => void messages.push({ data, messageId, link }),
    onCardCallback: () => undefined,
  };
  return {
    options,
    clock,
    log,
    counters,
    sockets,
    answers,
    messages,
    last: () => sockets.at(-1) as FakeSocket,
    opens: () => opens,
    /** The lines logged at info and above. */
    lines: () => log.entries.filter(({ level }) => level !== "debug"),
    /** Lets time pass in which every open link answers its pings. */
    async live(ms: number) {
      for (let left = ms; left > 0; left -= 5000) {
        await clock.advance(Math.min(left, 5000));
        for (const socket of sockets) if (!socket.ended()) socket.pong();
      }
    },
  };
}

/** A supervisor in front of that DingTalk. */
export function supervising(random?: () => number) {
  const play = playing(random);
  const supervisor = createSupervisor(play.options);
  return {
    ...play,
    supervisor,
    /** Starts it, unless it runs already, and lets the link under way open. */
    async connect(start = true) {
      if (start) supervisor.start();
      await play.clock.settle();
      play.last().open();
      return play.last();
    },
  };
}
