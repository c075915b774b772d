import * as v from "valibot";
import { parseJson } from "../core/json.ts";
import { reasonOf } from "../core/log.ts";
import { readHttpConfiguration } from "../host/configuration.ts";
import { EXIT, UserError } from "../host/exit.ts";
import { networkFor } from "./_network.ts";
import { originOf } from "./_worker-client.ts";

export interface StatusOptions {
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

const TIMEOUT_MS = 10_000;

const count = v.object({ used: v.number(), limit: v.number() });
const Status = v.object({
  version: v.string(),
  runtime: v.string(),
  startedAt: v.number(),
  accounts: v.record(
    v.string(),
    v.object({
      clientId: v.string(),
      name: v.optional(v.string()),
      stream: v.object({
        state: v.string(),
        since: v.number(),
        lastFrameAt: v.nullable(v.number()),
        problem: v.nullable(v.object({ reason: v.string() })),
      }),
      gateway: v.object({
        state: v.string(),
        since: v.nullable(v.number()),
        reason: v.nullable(v.string()),
      }),
      turns: v.object({ running: v.number(), waiting: v.number(), held: v.number() }),
      budget: v.union([v.string(), v.object({ month: v.string(), api: count, stream: count })]),
      access: v.object({
        dmPolicy: v.string(),
        groupPolicy: v.string(),
        unowned: v.nullable(v.boolean()),
      }),
    }),
  ),
  readiness: v.object({
    ready: v.boolean(),
    failing: v.array(v.object({ part: v.string(), reason: v.string() })),
  }),
  store: v.union([v.string(), v.object({ inbox: v.number(), outbox: v.number() })]),
  failedReplies: v.union([
    v.string(),
    v.array(v.object({ conversationId: v.string(), reason: v.string(), at: v.number() })),
  ]),
});
type Status = v.InferOutput<typeof Status>;

/** How the running worker is, for people. Resolves with the exit code: 0 if it is ready. */
export async function status(options: StatusOptions): Promise<number> {
  const loaded = readHttpConfiguration(options.config);
  if (!loaded.ok) {
    for (const problem of loaded.problems) console.error(`error: ${problem}`);
    return EXIT.configuration;
  }
  const { host, port, token } = loaded.http;
  const origin = originOf(host, port);
  const { text, json } = await ask(`${origin}/status`, token);
  const parsed = v.safeParse(Status, json);
  if (!parsed.success) {
    throw failed(`what answers at ${origin} is no dingbridge of this version: check http.port`);
  }
  console.log(options.json === true ? text : linesOf(parsed.output, Date.now()).join("\n"));
  return parsed.output.readiness.ready ? EXIT.ok : EXIT.crash;
}

async function ask(url: string, token: string | undefined) {
  const headers: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  let response: Response;
  try {
    response = await networkFor({}).fetch(url, {
      headers,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    const said = token === undefined ? reasonOf(error) : reasonOf(error).replaceAll(token, "***");
    throw failed(
      `no dingbridge answers at ${new URL(url).origin} (${said}): start it with dingbridge start, or set http.host and http.port (DINGBRIDGE_HOST, DINGBRIDGE_PORT) to where it runs`,
    );
  }
  const text = await response.text();
  if (response.status === 401 || response.status === 403) {
    throw failed(
      "the worker wants its http.token for that: set it here as it is there (DINGBRIDGE_API_TOKEN)",
    );
  }
  return { text, json: parseJson(text) };
}

function linesOf(status: Status, now: number): string[] {
  const { accounts, readiness, store, failedReplies } = status;
  return [
    `dingbridge ${status.version} on ${status.runtime}, up ${ago(now - status.startedAt)}: ${readiness.ready ? "ready" : "NOT ready"}`,
    ...readiness.failing.map(({ part, reason }) => `  ${part}: ${reason}`),
    ...Object.entries(accounts).flatMap(([id, account]) => linesOfRobot(id, account, now)),
    "",
    typeof store === "string"
      ? `store     ${store}`
      : `store     ${store.inbox} in the inbox, ${store.outbox} in the outbox`,
    ...(typeof failedReplies === "string"
      ? []
      : failedReplies
          .slice(0, 5)
          .map(({ reason, at }) => `not sent  ${ago(now - at)} ago: ${reason}`)),
  ];
}

function linesOfRobot(id: string, account: Status["accounts"][string], now: number): string[] {
  const { stream, gateway, turns, budget, access } = account;
  const frame =
    stream.lastFrameAt === null ? "" : `, last frame ${ago(now - stream.lastFrameAt)} ago`;
  return [
    "",
    `${account.name ?? id} (${account.clientId})`,
    `  DingTalk  ${stream.problem?.reason ?? stream.state} for ${ago(now - stream.since)}${frame}`,
    `  gateway   ${gateway.state}${gateway.since === null ? "" : ` for ${ago(now - gateway.since)}`}${gateway.reason === null ? "" : `: ${gateway.reason}`}`,
    `  turns     ${turns.running} running, ${turns.waiting} waiting, ${turns.held} held for the gateway`,
    typeof budget === "string"
      ? `  quota     ${budget}`
      : `  quota     ${budget.month}: ${budget.api.used} of ${budget.api.limit} API calls, ${budget.stream.used} of ${budget.stream.limit} pushes (this worker's share)`,
    `  access    direct chats ${access.dmPolicy}, groups ${access.groupPolicy}${access.unowned === true ? "; nobody is an owner: whoever writes directly is treated as one" : ""}`,
  ];
}

/** "3 s", "12 min", "5 h", "4 d". */
function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800
    ? `${Math.round(seconds / 3600)} h`
    : `${Math.round(seconds / 86_400)} d`;
}

const failed = (reason: string) => new UserError(reason, EXIT.crash);
