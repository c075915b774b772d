import type { Store } from "../../../src/core/store.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { createWorker } from "../../../src/worker.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeFetch, jsonResponse, type FakeCall } from "../../support/fake-fetch.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import { createFakeDial, type FakeSocket } from "../../support/fake-socket.ts";
import { answerStream } from "../../support/fake-stream.ts";
import { configOf, type Given } from "../config/_loading.ts";

type Answer = (call: FakeCall) => Response | Promise<Response> | Error;

export interface Setup {
  readonly block?: object;
  readonly store?: Store;
  /** DingTalk's HTTP side where it is not well. */
  readonly open?: Answer;
  readonly webhook?: Answer;
  readonly gateway?: Answer;
}

export const SECRETS = {
  clientSecret: "s3cret-of-the-app",
  gatewayToken: "t0ken-of-the-gateway",
  apiToken: "t0ken-of-the-api",
  ticket: "t1cket",
};

/** A whole worker, with nothing but the test around it. */
export function working(setup: Setup = {}) {
  const clock = createFakeClock();
  const log = createFakeLog();
  const store = setup.store ?? openSqliteStore(":memory:");
  const { dial, sockets } = createFakeDial();
  const webhook = setup.webhook ?? (() => jsonResponse(200, { errcode: 0, errmsg: "ok" }));
  const open =
    setup.open ??
    (() => jsonResponse(200, { endpoint: "wss://stream.test/connect", ticket: SECRETS.ticket }));
  const dingtalk = createFakeFetch((call) =>
    call.url.endsWith("/connections/open") ? open(call) : webhook(call),
  );
  const openclaw = createFakeFetch(setup.gateway ?? (() => answerStream("the answer").response()));
  const given: Given = {
    block: {
      clientId: "dingclient",
      clientSecret: SECRETS.clientSecret,
      gateway: { token: SECRETS.gatewayToken },
      http: { token: SECRETS.apiToken },
      ...setup.block,
    },
  };
  const worker = createWorker(configOf(given), {
    clock,
    fetch: dingtalk.fetch,
    fetchFresh: openclaw.fetch,
    dial,
    store,
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
    get,
    asked: openclaw.calls,
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
  };
}
