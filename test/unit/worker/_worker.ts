import type { Store } from "../../../src/core/store.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { createWorker } from "../../../src/worker.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";
import { createFakeFetch, jsonResponse, never, type FakeCall } from "../../support/fake-fetch.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import { createFakeDial, type FakeSocket } from "../../support/fake-socket.ts";
import { answerStream } from "../../support/fake-stream.ts";
import { configOf, type Given } from "../config/_loading.ts";
import { recordsOf } from "../gateway/_history.ts";

type Answer = (call: FakeCall) => Response | Promise<Response> | Error;

export interface Setup {
  readonly block?: Block;
  readonly store?: Store;
  readonly clock?: FakeClock;
  /** DingTalk's HTTP side where it is not well. */
  readonly open?: Answer;
  readonly webhook?: Answer;
  /** The gateway's turns; the rest of it is well and has no records. */
  readonly gateway?: Answer;
  /** All of the gateway. */
  readonly openclaw?: Answer;
}

export const SECRETS = {
  clientSecret: "s3cret-of-the-app",
  gatewayToken: "t0ken-of-the-gateway",
  apiToken: "t0ken-of-the-api",
  ticket: "t1cket",
};

/** Waits need not be whole milliseconds, but as on a real machine the time of day is. */
export function createDayClock(start?: number): FakeClock {
  const clock = createFakeClock(start);
  const { now } = clock;
  return Object.assign(clock, { now: () => Math.floor(now()) });
}

const isTurn = ({ url }: FakeCall) => url.endsWith("/v1/chat/completions");

/** A whole worker, with nothing but the test around it. */
export function working(setup: Setup = {}) {
  const clock = setup.clock ?? createDayClock();
  const log = createFakeLog();
  const store = setup.store ?? openSqliteStore(":memory:");
  const { dial, sockets } = createFakeDial();
  const webhook = setup.webhook ?? (() => jsonResponse(200, { errcode: 0, errmsg: "ok" }));
  const open =
    setup.open ??
    (() => jsonResponse(200, { endpoint: "wss://stream.test/connect", ticket: SECRETS.ticket }));
  const life = { over: false };
  const dingtalk = createFakeFetch((call) => {
    if (life.over) return never();
    return call.url.endsWith("/connections/open") ? open(call) : webhook(call);
  });
  const turn = setup.gateway ?? (() => answerStream("the answer").response());
  const records = recordsOf({});
  const openclaw = createFakeFetch((call) => {
    if (life.over) return never();
    if (setup.openclaw !== undefined) return setup.openclaw(call);
    if (isTurn(call)) return turn(call);
    return call.url.endsWith("/readyz") ? jsonResponse(200, { ready: true }) : records(call);
  });
  const given: Given = {
    block: {
      clientId: "dingclient",
      clientSecret: SECRETS.clientSecret,
      http: { token: SECRETS.apiToken },
      ...setup.block,
      gateway: { token: SECRETS.gatewayToken, ...setup.block?.gateway },
    },
  };
  const worker = createWorker(configOf(given), {
    clock,
    fetch: dingtalk.fetch,
    fetchFresh: openclaw.fetch,
    dial,
    store: mortal(store, life),
    log,
    random: () => 0,
    runtime: "test 1.0",
  });
  const get = async (path: string, headers = {}) => {
    const response = await worker.fetch(new Request(`http://127.0.0.1${path}`, { headers }));
    const json = (await response.json()) as Record<string, unknown>;
    return { status: response.status, json };
  };
  const sent = () =>
    dingtalk.calls
      .filter(({ url }) => !url.endsWith("/connections/open"))
      .map(({ body }) => JSON.parse(body) as unknown);
  return {
    worker,
    clock,
    log,
    store,
    sockets,
    sent,
    /** What was posted to DingTalk, words only. */
    words: () => sent().map((body) => (body as { text: { content: string } }).text.content),
    get,
    /** Turns asked of the gateway. */
    asked: () => openclaw.calls.filter(isTurn),
    last: () => sockets.at(-1) as FakeSocket,
    async connect() {
      await worker.start();
      await clock.settle();
      sockets.at(-1)?.open();
      return sockets.at(-1) as FakeSocket;
    },
    /** Starts to stop, and tells when it is over. */
    stopping() {
      const state = { over: false, afterMs: -1 };
      const start = clock.now();
      void worker.stop().then(() => {
        state.over = true;
        state.afterMs = clock.now() - start;
      });
      return state;
    },
    /** The process dies: from here on nothing of it reaches the store or the network. */
    crash() {
      life.over = true;
    },
  };
}

interface Block {
  readonly gateway?: object;
  readonly [key: string]: unknown;
}

export type Working = ReturnType<typeof working>;

/** The store as one process sees it, as long as it lives. */
function mortal(store: Store, life: { readonly over: boolean }): Store {
  const methods = Object.entries(store) as [string, (...given: unknown[]) => unknown][];
  return Object.fromEntries(
    methods.map(([name, method]) => [
      name,
      (...given: unknown[]) =>
        life.over ? new Promise(() => undefined) : method.call(store, ...given),
    ]),
  ) as unknown as Store;
}
