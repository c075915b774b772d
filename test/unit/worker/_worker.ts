import type { AuditEvent } from "../../../src/core/audit.ts";
import type { ExtractText } from "../../../src/core/bridge/question.ts";
import { NO_METER } from "../../../src/core/meter.ts";
import type { OutgoingFiles } from "../../../src/core/media/outgoing.ts";
import type { MediaFiles } from "../../../src/core/media/shelf.ts";
import type { Store } from "../../../src/core/store.ts";
import { createMemoryFiles } from "../../../src/store/media-files.ts";
import { createOutgoingFiles } from "../../../src/store/outgoing-files.ts";
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
  /** Where the file behind a download code is; default: at `https://files.test/` and the code. */
  readonly download?: Answer;
  /** What lies there; default: a small picture. */
  readonly file?: (url: string) => Response | Promise<Response> | Error;
  readonly files?: MediaFiles;
  readonly outgoing?: OutgoingFiles;
  readonly extractText?: ExtractText;
}

export const SECRETS = {
  clientSecret: "s3cret-of-the-app",
  gatewayToken: "t0ken-of-the-gateway",
  apiToken: "t0ken-of-the-api",
  ticket: "t1cket",
  accessToken: "acc3ss-token",
};

/** The beginning of a picture: enough to be known as one. */
export const PNG = Uint8Array.from([
  0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1,
  0, 0, 0, 1, 8, 6, 0, 0, 0,
]);

/** Waits need not be whole milliseconds, but as on a real machine the time of day is. */
export function createDayClock(start?: number): FakeClock {
  const clock = createFakeClock(start);
  const { now } = clock;
  return Object.assign(clock, { now: () => Math.floor(now()) });
}

const isDownload = ({ url }: FakeCall) => url.endsWith("/messageFiles/download");
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
  const download =
    setup.download ??
    (({ body }) => {
      const { downloadCode } = JSON.parse(body) as { downloadCode: string };
      return jsonResponse(200, { downloadUrl: `https://files.test/${downloadCode}` });
    });
  const file = setup.file ?? (() => new Response(PNG));
  const files = setup.files ?? createMemoryFiles();
  const life = { over: false };
  const dingtalk = createFakeFetch((call) => {
    if (life.over) return never();
    if (call.url.endsWith("/connections/open")) return open(call);
    if (call.url.endsWith("/accessToken")) {
      return jsonResponse(200, { accessToken: SECRETS.accessToken, expireIn: 7200 });
    }
    return isDownload(call) ? download(call) : webhook(call);
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
      // Calls that no test but those about them expects.
      reply: { reaction: "", ...setup.block?.reply },
      gateway: { token: SECRETS.gatewayToken, ...setup.block?.gateway },
    },
  };
  /** Files fetched, by their address. */
  const fetched: string[] = [];
  const worker = createWorker(configOf(given), {
    clock,
    fetch: dingtalk.fetch,
    fetchFresh: openclaw.fetch,
    dial,
    store: mortal(store, life),
    resolve: async () => ["93.184.215.14"],
    byName: () => false,
    async fetchPinned(url) {
      fetched.push(url);
      const answered = life.over ? await never() : await file(url);
      if (answered instanceof Error) throw answered;
      return answered;
    },
    files: mortal(files, life),
    outgoing: () => setup.outgoing ?? createOutgoingFiles([]),
    metrics: { of: () => NO_METER, render: async () => "" },
    hide: () => undefined,
    audit: { record: (event) => void audited.push(event) },
    extractText: setup.extractText ?? (async () => ({ ok: false as const, reason: "unsupported" })),
    log,
    random: () => 0,
    runtime: "test 1.0",
  });
  /** What the audit was told. */
  const audited: AuditEvent[] = [];
  const get = async (path: string, headers = {}) => {
    const response = await worker.fetch(new Request(`http://127.0.0.1${path}`, { headers }));
    const json = (await response.json()) as Record<string, unknown>;
    return { status: response.status, json };
  };
  const sent = () =>
    dingtalk.calls
      .filter(({ url }) => /sendBySession|\/oToMessages\/|\/groupMessages\//.test(url))
      .map(({ body }) => JSON.parse(body) as unknown);
  return {
    worker,
    audited,
    clock,
    log,
    store,
    files,
    fetched,
    /** The codes DingTalk was asked about. */
    codes: () =>
      dingtalk.calls
        .filter(isDownload)
        .map(({ body }) => (JSON.parse(body) as { downloadCode: string }).downloadCode),
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
  readonly reply?: Readonly<Record<string, unknown>>;
  readonly gateway?: object;
  readonly [key: string]: unknown;
}

export type Working = ReturnType<typeof working>;

/** The store, or its files, as one process sees it, as long as it lives. */
function mortal<T extends object>(store: T, life: { readonly over: boolean }): T {
  const methods = Object.entries(store) as [string, (...given: unknown[]) => unknown][];
  return Object.fromEntries(
    methods.map(([name, method]) => [
      name,
      (...given: unknown[]) =>
        life.over ? new Promise(() => undefined) : method.call(store, ...given),
    ]),
  ) as unknown as T;
}
