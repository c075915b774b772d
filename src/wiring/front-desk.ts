import type { Access } from "../core/access/access.ts";
import type { Roster } from "../core/access/roster.ts";
import type { Budget } from "../core/budget.ts";
import type { AccountConfig } from "../core/config/schema.ts";
import { createDesk } from "../core/desk/desk.ts";
import type { Withdraw } from "../core/desk/model.ts";
import type { Stops } from "../core/desk/stops.ts";
import { DESK_TEXTS } from "../core/desk/texts.ts";
import type { Gateway } from "../core/gateway/client.ts";
import type { Gate } from "../core/gateway/gate.ts";
import type { Stream } from "../core/stream/stream.ts";
import type { WorkerPorts } from "./ports.ts";

/** Messages of one session that /status counts. */
const COUNTED = 100;

export interface FrontDeskOptions {
  readonly config: AccountConfig;
  readonly ports: WorkerPorts;
  readonly access: Access;
  readonly roster: Roster;
  readonly stops: Stops;
  readonly withdraw: Withdraw;
  readonly gateway: Gateway;
  readonly gate: Gate;
  readonly budget: Budget;
  readonly stream: Pick<Stream, "status">;
  /** Who may talk has changed. */
  readonly refresh: () => Promise<unknown>;
  readonly signal: AbortSignal;
}

/** The desk of an account, told how the rest of it is. */
export function createFrontDesk(options: FrontDeskOptions) {
  const { config, ports, access, roster, stops, gateway, gate, budget, stream } = options;
  const { store, clock, audit } = ports;
  return createDesk({
    account: config.id,
    robot: config.name ?? config.clientId,
    texts: DESK_TEXTS[config.locale],
    denialNotice: config.denialNotice,
    access,
    roster,
    store,
    stops,
    withdraw: options.withdraw,
    gateway,
    async status(chat, session) {
      const [counts, waiting, used] = await Promise.all([
        store.counts(),
        store.nextTurns(session, COUNTED),
        budget.status(),
      ]);
      return {
        link: stream.status(),
        gateway: gate.status(),
        session: {
          waiting: waiting.length,
          running: stops.running(chat).some((turn) => turn.session === session),
        },
        inbox: counts.inbox,
        outbox: counts.outbox,
        budget: used,
      };
    },
    agents: config.agents,
    audit,
    clock,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    log: ports.log.child("desk"),
    signal: options.signal,
    onAccessChanged: async () => void (await options.refresh()),
  });
}
