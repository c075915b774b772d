import type { Grant } from "../core/access/model.ts";
import { deadline, type Clock } from "../core/clock.ts";
import type { AccountConfig, Config } from "../core/config/schema.ts";
import { isLoopback } from "../core/network.ts";
import type { Dial } from "../core/socket.ts";
import { agentsOf } from "./audience.ts";
import { accessFindings } from "./check-access.ts";
import { configurationFindings, type Loaded, type SecretFile } from "./check-configuration.ts";
import { connectionFindings } from "./check-connection.ts";
import { credentialFindings } from "./check-dingtalk.ts";
import { agentsFinding, gatewayKey, lookAtGateway, type GatewayLook } from "./check-gateway.ts";
import { machineFindings, type DataFolder, type Versions } from "./check-machine.ts";
import { hostFindings, proxyFinding, type ProxySource } from "./check-network.ts";
import { askFinding } from "./check-question.ts";
import {
  libertyOf,
  takenFindings,
  workerFindings,
  type Locks,
  type WorkerView,
} from "./check-worker.ts";
import { ALL_CODES, CODES, finding, type Finding } from "./codes.ts";
import { openclawFinding, otherBridges, type OpenClawFile } from "./openclaw-file.ts";
import type { Ways } from "./reach.ts";
import { shared, whose, type Shared } from "./shared.ts";
import { WHOLE_MS, type Time } from "./step.ts";
import { lookForWorker, type WorkerLook } from "./worker-look.ts";

/** What of the adapters' `Network` is used. */
export interface DoctorNetwork extends Omit<Ways, "routes"> {
  /** For the gateway, each time on a new connection. */
  readonly fetchFresh: typeof fetch;
  readonly dial: Dial;
}

/** All that is looked at, and by what. */
export interface Patient {
  readonly loaded: Loaded & { readonly config: Config | undefined };
  readonly files: readonly SecretFile[];
  readonly versions: Versions;
  readonly folder: DataFolder | undefined;
  readonly openclaw: OpenClawFile;
  readonly locks: Locks;
  /** By account. */
  readonly grants: Readonly<Record<string, readonly Grant[]>>;
  readonly proxy: ProxySource;
  /** Or why there is none. */
  readonly network: DoctorNetwork | string;
  /** Where the worker would serve. */
  readonly origin: string;
  readonly isOffline: boolean;
  /** Ask the agent a real question. */
  readonly asks: boolean;
  readonly clock: Clock;
  readonly userAgent: string;
}

export interface Diagnosis {
  readonly findings: readonly Finding[];
  /** The running worker's own, if it was heard. */
  readonly status: unknown;
}

/**
 * Looks at everything, what is independent at the same time. Every code has at least one finding. Nothing
 * is changed, no message is acked, and without `asks` no model is called.
 */
export async function diagnose(patient: Patient): Promise<Diagnosis> {
  const { loaded, files, versions, folder, openclaw, clock } = patient;
  const local = [
    ...configurationFindings(loaded, files),
    ...machineFindings(versions, folder),
    openclawFinding(openclaw),
  ];
  const { config } = loaded;
  if (config === undefined) {
    return { findings: completed(local, "unconfigured"), status: undefined };
  }
  const limit = deadline(clock, WHOLE_MS);
  const time: Time = { clock, signal: limit.signal };
  const look = await lookedFor(patient, config, time);
  const view: WorkerView = {
    accounts: config.accounts,
    locks: patient.locks,
    look,
    origin: patient.origin,
    plugins: otherBridges(openclaw.json),
  };
  const near = [
    ...local,
    proxyOf(patient, config),
    ...workerFindings(view),
    ...config.accounts.flatMap((account) => accessOf(patient, config, account)),
  ];
  const status = look.kind === "worker" ? look.json : undefined;
  const { network } = patient;
  if (patient.isOffline || typeof network === "string") {
    limit.clear();
    return {
      findings: completed(near, patient.isOffline ? "offline" : "disconnected"),
      status,
    };
  }
  const far = await distant({ ...patient, network }, config, view, time);
  limit.clear();
  return { findings: completed([...near, ...far], "offline"), status };
}

interface Connected extends Patient {
  readonly network: DoctorNetwork;
}

async function distant(
  patient: Connected,
  { accounts }: Config,
  view: WorkerView,
  time: Time,
): Promise<readonly Finding[]> {
  const { network, proxy, userAgent } = patient;
  const ways: Ways = { ...network, routes: proxy.routes };
  const ofEach = async (look: (one: One) => Promise<readonly Finding[]>) => {
    const found = await Promise.all(
      accounts.map(async (each) => await look(oneOf(accounts, each))),
    );
    return found.flat();
  };
  const [hosts, credentials, connections, gateways] = await Promise.all([
    hostFindings(accounts, ways, time),
    ofEach(async (one) => await credentialFindings({ ...one, fetch: network.fetch }, time)),
    ofEach(async (one) => {
      const liberty = libertyOf(view, one.config);
      return liberty.kind === "free"
        ? await connectionFindings({ ...one, ways, dial: network.dial, userAgent }, time)
        : takenFindings(liberty, one.account);
    }),
    gatewayFindings(patient, accounts, time),
  ]);
  return [...hosts, ...credentials, ...connections, ...gateways];
}

interface One {
  readonly config: AccountConfig;
  /** Its name, where there are several. */
  readonly account: string | undefined;
}

const oneOf = (accounts: readonly AccountConfig[], config: AccountConfig): One => ({
  config,
  account: accounts.length > 1 ? config.id : undefined,
});

async function gatewayFindings(
  patient: Connected,
  accounts: readonly AccountConfig[],
  time: Time,
): Promise<readonly Finding[]> {
  const fetch = patient.network.fetchFresh;
  const optionsFor = (config: AccountConfig) => ({
    url: config.gateway.url,
    token: config.gateway.token,
    agentId: agentsOf(config)[0] ?? "main",
    fetch,
  });
  const looks = await shared(accounts, gatewayKey, async (config) => ({
    config,
    look: await lookAtGateway(optionsFor(config), time),
  }));
  const lookFor = (id: string): GatewayLook | undefined =>
    looks.find(({ account }) => account === undefined || account === id)?.found.look;
  const asked = async ({ account, found: { config, look } }: (typeof looks)[number]) => {
    if (!patient.asks) return finding("DB509", "unasked", {}, whose(account));
    if (!look.isReady) return finding("DB509", "unready", {}, whose(account));
    // It has its own time: models may think for a while.
    const own: Time = { clock: time.clock, signal: new AbortController().signal };
    return await askFinding({ ...optionsFor(config), text: "Say OK." }, own, account);
  };
  return [
    ...looks.flatMap(({ account, found: { look } }: Shared<{ readonly look: GatewayLook }>) =>
      look.findings.map((each) => ({ ...each, ...whose(account) })),
    ),
    ...accounts.flatMap((config) => {
      const look = lookFor(config.id);
      const { account } = oneOf(accounts, config);
      return look === undefined ? [] : [agentsFinding(look, agentsOf(config), account)];
    }),
    ...(await Promise.all(looks.map(asked))),
  ];
}

function proxyOf({ proxy, network }: Patient, { accounts }: Config): Finding {
  return typeof network === "string"
    ? finding("DB301", "authority", { said: network })
    : proxyFinding(
        proxy,
        accounts.flatMap(({ apiUrl, oapiUrl }) => [apiUrl, oapiUrl]),
      );
}

function accessOf(
  { grants, openclaw }: Patient,
  { accounts }: Config,
  config: AccountConfig,
): readonly Finding[] {
  return accessFindings({
    ...oneOf(accounts, config),
    grants: grants[config.id] ?? [],
    // Of a gateway elsewhere this machine's file says nothing.
    openclaw: isLoopback(new URL(config.gateway.url).hostname) ? openclaw.json : undefined,
  });
}

async function lookedFor(patient: Patient, { http }: Config, time: Time): Promise<WorkerLook> {
  const { network, origin, isOffline } = patient;
  const isHere = isLoopback(new URL(origin).hostname);
  if (typeof network === "string" || (isOffline && !isHere)) return { kind: "unknown" };
  const { port, token } = http;
  return await lookForWorker({ origin, port, token, fetch: network.fetchFresh }, time);
}

/** Every code says something, if only why it was not looked at. */
function completed(
  findings: readonly Finding[],
  is: "unconfigured" | "offline" | "disconnected",
): readonly Finding[] {
  const said = new Set(findings.map(({ code }) => code));
  const missing = ALL_CODES.filter((code) => !said.has(code) && is in CODES[code].cases);
  return [...findings, ...missing.map((code): Finding => ({ code, is, facts: {} }))];
}
