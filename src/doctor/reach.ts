import { isLocal } from "../core/no-proxy.ts";
import type { Resolve } from "../core/media/port.ts";
import type { Routes } from "../core/proxy.ts";
import { step, type Time } from "./step.ts";

/** Ways out, as `Network` of the adapters has them. */
export interface Ways {
  readonly fetch: typeof fetch;
  readonly resolve: Resolve;
  readonly routes: Routes;
}

export type Reached =
  | {
      readonly ok: true;
      readonly ms: number;
      /** How far this machine's clock is ahead, in ms; undefined: the answer has no date. */
      readonly skewMs: number | undefined;
      /** A made-up address its name leads to. */
      readonly reserved: string | undefined;
    }
  | {
      readonly ok: false;
      readonly kind: "dns" | "tls" | "proxy" | "unreachable";
      readonly said: string;
      readonly proxy: string;
    };

/** Whatever answers with HTTP has been reached, whatever it says. */
export async function reach(url: string, ways: Ways, time: Time): Promise<Reached> {
  const { protocol, origin, hostname } = new URL(url.replace(/^ws/, "http"));
  const route = ways.routes.to(origin);
  const proxy = route.kind === "proxy" ? route.proxy.name : "";
  const host = hostname.replace(/^\[|\]$/g, "");
  let reserved: string | undefined;
  if (route.kind === "direct" && !isAddress(host)) {
    const found = await step(time, async (signal) => await ways.resolve(host, signal));
    if (!found.ok) return { ok: false, kind: "dns", said: found.said, proxy };
    reserved = found.value.find((address) => /^198\.1[89]\./.test(address));
  }
  const answered = await step(time, async (signal) => {
    const asked = time.clock.now();
    const response = await ways.fetch(`${origin}/`, { redirect: "manual", signal });
    const date = Date.parse(response.headers.get("date") ?? "");
    // In the middle between asking and hearing it; a date has whole seconds, half of one on average too few.
    const heard = (asked + time.clock.now()) / 2;
    await response.body?.cancel().catch(() => undefined);
    return Number.isNaN(date) ? undefined : heard - (date + 500);
  });
  if (answered.ok) {
    return { ok: true, ms: answered.ms, skewMs: answered.value, reserved };
  }
  const { said } = answered;
  const kind =
    protocol === "https:" && /certificate|\btls\b|\bssl\b|handshake/i.test(said)
      ? "tls"
      : route.kind === "direct"
        ? "unreachable"
        : "proxy";
  return { ok: false, kind, said, proxy };
}

const isAddress = (host: string) =>
  host.includes(":") || /^[\d.]+$/.test(host) || isLocal(new URL(`http://${host}/`));

/** `host:port` of an address, for people. */
export function placeOf(url: string): { readonly host: string; readonly port: string } {
  const { hostname, port, protocol } = new URL(url);
  const usual = protocol === "https:" || protocol === "wss:" ? "443" : "80";
  return { host: hostname, port: port === "" ? usual : port };
}
