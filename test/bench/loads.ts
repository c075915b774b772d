import process from "node:process";
import { send, type Link, type MakeFrame } from "./push-server.ts";

/** What a client took in while the load lasted. */
export interface Intake {
  readonly perSecond: number;
  /** Acks in all, those after the end included. */
  readonly acked: number;
  /** Share of one core this process used: near 1 the server is what limits the rate. */
  readonly serverLoad: number;
}

/** Pushes for `ms` as fast as acks come in. Resolves when the last frame is acked. */
export function pushFor(link: Link, makeFrame: MakeFrame, inFlight: number, ms: number) {
  const cpu = process.cpuUsage();
  const end = performance.now() + ms;
  let inTime = 0;
  let late = 0;
  let serverLoad = 0;
  return underLoad<Intake>(link, (done) => {
    link.onAck = () => {
      if (performance.now() < end) {
        inTime++;
        send(link, makeFrame);
        return;
      }
      if (late++ === 0) {
        const { user, system } = process.cpuUsage(cpu);
        serverLoad = (user + system) / 1000 / ms;
      }
      if (link.unacked.size === 0)
        done({ perSecond: (inTime / ms) * 1000, acked: inTime + late, serverLoad });
    };
    for (let n = 0; n < inFlight; n++) send(link, makeFrame);
  });
}

/** Pushes so many messages as fast as acks come in. Resolves with the time that took, in ms. */
export function pushAll(link: Link, makeFrame: MakeFrame, inFlight: number, messages: number) {
  const start = performance.now();
  let left = messages;
  return underLoad<{ readonly ms: number }>(link, (done) => {
    const next = () => {
      if (left-- > 0) send(link, makeFrame);
    };
    link.onAck = () => {
      next();
      if (link.unacked.size === 0) done({ ms: performance.now() - start });
    };
    for (let n = 0; n < inFlight; n++) next();
  });
}

export interface Paced {
  /** From a frame's send to its ack, in ms. */
  readonly acks: readonly number[];
  /** How much later than planned a frame left at worst, in ms: the generator's own stalls. */
  readonly lateMs: number;
}

/** Pushes for `ms`, evenly, whether acks come in or not. Resolves when the last frame is acked. */
export function pushPaced(link: Link, makeFrame: MakeFrame, perSecond: number, ms: number) {
  const messages = Math.round((perSecond * ms) / 1000);
  const start = performance.now();
  const acks: number[] = [];
  let sent = 0;
  let lateMs = 0;
  return underLoad<Paced>(link, (done) => {
    link.onAck = (sentAt) => {
      acks.push(performance.now() - sentAt);
      if (acks.length === messages) done({ acks, lateMs });
    };
    const dueAt = (message: number) => start + (message * 1000) / perSecond;
    const tick = () => {
      while (sent < messages && dueAt(sent) <= performance.now()) {
        lateMs = Math.max(lateMs, performance.now() - dueAt(sent++));
        send(link, makeFrame);
      }
      if (sent < messages) setTimeout(tick, 1);
    };
    tick();
  });
}

/** Rejects when the client leaves before the load is through. */
async function underLoad<T>(link: Link, begin: (done: (result: T) => void) => void): Promise<T> {
  try {
    return await new Promise<T>((resolve, reject) => {
      link.onEnd = () => reject(new Error(`${link.clientId} has closed its link under load`));
      begin(resolve);
    });
  } finally {
    link.onEnd = () => {};
    link.onAck = () => {};
  }
}
