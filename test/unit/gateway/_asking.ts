import { createGateway, type Question } from "../../../src/core/gateway/client.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeFetch, type FakeCall } from "../../support/fake-fetch.ts";

export const TOKEN = "t0ken-of-the-gateway";
export const URL_ = "http://127.0.0.1:18789";
export const QUESTION: Question = {
  agentId: "main",
  session: "agent:main:dingtalk:user:staff1",
  system: "the rules",
  text: "你好",
  images: [],
};

type Answer = (call: FakeCall, at: number) => Response | Promise<Response> | Error;

interface Options {
  readonly token?: string | undefined;
  readonly url?: string;
  readonly question?: Partial<Question>;
  readonly readMedia?: boolean;
}

/** A gateway client whose gateway is the test. */
export function client(answer: Answer, options: Options = {}) {
  const clock = createFakeClock();
  const { fetch, calls } = createFakeFetch(answer);
  const token = "token" in options ? options.token : TOKEN;
  const url = options.url ?? URL_;
  const { readMedia = false } = options;
  const gateway = createGateway({ url, token, timeoutMs: 1_800_000, readMedia, fetch, clock });
  return { gateway, clock, calls };
}

/** The same with one question under way. */
export function asking(answer: Answer, options: Options = {}) {
  const { gateway, clock, calls } = client(answer, options);
  const halt = new AbortController();
  const events: string[] = [];
  const asked = gateway.ask(
    { ...QUESTION, ...options.question },
    {
      onRun: (runId) => events.push(`run ${runId}`),
      onContent: (soFar) => events.push(`content ${soFar}`),
    },
    halt.signal,
  );
  // A rejection is looked at by the test when it awaits; until then it is not an unhandled one.
  asked.catch(() => undefined);
  return { asked, gateway, clock, calls, halt, events };
}

/** Whether a promise has settled, without waiting for it. */
export function watch(promise: Promise<unknown>): { over: boolean } {
  const state = { over: false };
  const end = () => (state.over = true);
  void promise.then(end, end);
  return state;
}
