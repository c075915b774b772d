import type { Intake, Paced } from "./loads.ts";
import { runScript } from "./processes.ts";

/** Frames in flight where the rate is whatever the client can do. */
const IN_FLIGHT = 256;

export interface Target {
  readonly client: string;
  /** Where answers go; default: nowhere. */
  readonly webhook?: string;
  /** Sessions the messages are of, in turn; default: one. */
  readonly sessions?: number;
}

/** Starts generator.ts and asks it for loads. */
export async function startGenerator() {
  const script = runScript("bun", "generator.ts");
  const url = await script.firstLine;

  const ask = async <T>(kind: string, target: Target, load: Readonly<Record<string, number>>) => {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...target, ...load })) {
      query.set(name, String(value));
    }
    const init = { method: "POST", timeout: false } as RequestInit;
    const response = await fetch(`${url}/${kind}?${query.toString()}`, init);
    if (!response.ok) throw new Error(`no load for ${target.client}: ${await response.text()}`);
    return (await response.json()) as T;
  };

  return {
    url,
    /** As fast as it acks, for so long. */
    pushFor: (target: Target, ms: number) =>
      ask<Intake>("for", target, { inFlight: IN_FLIGHT, ms }),
    /** As fast as it acks, so many messages. */
    pushAll: (target: Target, messages: number) =>
      ask<{ readonly ms: number }>("all", target, { inFlight: IN_FLIGHT, messages }),
    /** Evenly. */
    pushPaced: (target: Target, perSecond: number, ms: number) =>
      ask<Paced>("paced", target, { perSecond, ms }),
    stop: script.stop,
  };
}

export type Generator = Awaited<ReturnType<typeof startGenerator>>;
