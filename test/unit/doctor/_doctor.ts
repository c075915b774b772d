import type { AccountConfig } from "../../../src/core/config/schema.ts";
import { createRoutes } from "../../../src/core/proxy.ts";
import type { Finding } from "../../../src/doctor/codes.ts";
import type { Ways } from "../../../src/doctor/reach.ts";
import type { Time } from "../../../src/doctor/step.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";
import { createFakeFetch, type FakeCall } from "../../support/fake-fetch.ts";
import { ROBOT, robotOf } from "../config/_loading.ts";

export const API = "https://api.dingtalk.com";
export const OLD = "https://oapi.dingtalk.com";

/** A robot with these keys besides its credentials. */
export const robot = (more: object = {}, openclaw?: unknown): AccountConfig =>
  robotOf({ block: { ...ROBOT, ...more }, ...(openclaw === undefined ? {} : { openclaw }) });

/** "DB401 accepted". */
export const told = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ code, is }) => `${code} ${is}`);

export function timeOf(clock: FakeClock = createFakeClock()) {
  const stop = new AbortController();
  const time: Time = { clock, signal: stop.signal };
  return { clock, time, stop };
}

type Answer = Response | Promise<Response> | Error;

interface WaysOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly addresses?: readonly string[] | Error;
}

/** Ways out into a world that answers as the test says. */
export function waysTo(answer: (call: FakeCall, at: number) => Answer, options: WaysOptions = {}) {
  const { env = {}, addresses = ["203.0.113.7"] } = options;
  const { fetch, calls } = createFakeFetch(answer);
  const looked: string[] = [];
  const ways: Ways = {
    fetch,
    routes: createRoutes({ env }),
    async resolve(host) {
      looked.push(host);
      if (addresses instanceof Error) throw addresses;
      return addresses;
    },
  };
  return { ways, calls, looked };
}

/** Waits for something while its clock runs as far as it has to. */
export async function after<T>(clock: FakeClock, ms: number, running: Promise<T>): Promise<T> {
  await clock.advance(ms);
  return await running;
}
