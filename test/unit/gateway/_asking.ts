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
};

/** A gateway client whose gateway is the test. */
export function asking(
  answer: (call: FakeCall, at: number) => Response | Promise<Response> | Error,
  options: { readonly token?: string | undefined; readonly question?: Partial<Question> } = {},
) {
  const clock = createFakeClock();
  const { fetch, calls } = createFakeFetch(answer);
  const token = "token" in options ? options.token : TOKEN;
  const gateway = createGateway({ url: URL_, token, timeoutMs: 1_800_000, fetch, clock });
  const halt = new AbortController();
  const asked = gateway.ask({ ...QUESTION, ...options.question }, halt.signal);
  // A rejection is looked at by the test when it awaits; until then it is not an unhandled one.
  asked.catch(() => undefined);
  return { asked, clock, calls, halt };
}
