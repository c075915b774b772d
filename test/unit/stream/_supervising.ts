import { createCounters } from "../../../src/core/counters.ts";
import type { Link } from "../../../src/core/stream/link.ts";
import type { OpenFailure, OpenResult } from "../../../src/core/stream/open.ts";
import { createSupervisor } from "../../../src/core/stream/supervisor.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import { createFakeDial, type FakeSocket } from "../../support/fake-socket.ts";

/** A supervisor whose DingTalk is the test: `answers` are what `open` says next, success when empty. */
export function supervising(random: () => number = () => 0) {
  const clock = createFakeClock();
  const log = createFakeLog();
  const counters = createCounters();
  const { dial, sockets } = createFakeDial();
  const answers: OpenFailure[] = [];
  const messages: { data: string; messageId: string; link: Link }[] = [];
  let opens = 0;
  const supervisor = createSupervisor({
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
  });
  const last = () => sockets.at(-1) as FakeSocket;
  return {
    supervisor,
    clock,
    log,
    counters,
    sockets,
    answers,
    messages,
    last,
    opens: () => opens,
    /** Starts it, unless it runs already, and lets the link under way open. */
    async connect(start = true) {
      if (start) supervisor.start();
      await clock.settle();
      last().open();
      return last();
    },
  };
}
