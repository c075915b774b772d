import * as v from "valibot";
import { parseJson } from "../core/json.ts";
import { reasonOf } from "../core/log.ts";
import { padded } from "../core/reply/markdown/width.ts";
import { readConfiguration, readHttpConfiguration, terminalLocale } from "../host/configuration.ts";
import { EXIT, UserError } from "../host/exit.ts";
import { networkFor } from "./_network.ts";
import { STATUS_TEXTS, type StatusTexts } from "./_status-texts.ts";
import { originOf } from "./_worker-client.ts";

export interface StatusOptions {
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

const TIMEOUT_MS = 10_000;
const FAILURES_SHOWN = 5;
/** In columns of the terminal: the longest label of both languages. */
const LABEL_WIDTH = 8;

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
  const texts = STATUS_TEXTS[terminalLocale(readConfiguration(options.config, "unneeded"))];
  const origin = originOf(host, port);
  const { text, json } = await ask(origin, token, texts);
  const parsed = v.safeParse(Status, json);
  if (!parsed.success) {
    throw failed(texts.anotherProgram(origin));
  }
  console.log(options.json === true ? text : linesOf(parsed.output, Date.now(), texts).join("\n"));
  return parsed.output.readiness.ready ? EXIT.ok : EXIT.crash;
}

async function ask(origin: string, token: string | undefined, texts: StatusTexts) {
  const headers: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  let response: Response;
  try {
    response = await networkFor({}).fetch(`${origin}/status`, {
      headers,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    const said = token === undefined ? reasonOf(error) : reasonOf(error).replaceAll(token, "***");
    throw failed(texts.noAnswer(origin, said));
  }
  const text = await response.text();
  if (response.status === 401 || response.status === 403) {
    throw failed(texts.wantsToken);
  }
  return { text, json: parseJson(text) };
}

function linesOf(status: Status, now: number, texts: StatusTexts): string[] {
  const { version, runtime, startedAt, accounts, readiness, store, failedReplies } = status;
  const { labels } = texts;
  const ago = (time: number) => texts.duration(now - time);
  const unsent = typeof failedReplies === "string" ? [] : failedReplies.slice(0, FAILURES_SHOWN);
  return [
    texts.worker(version, runtime, ago(startedAt), readiness.ready),
    ...readiness.failing.map(({ part, reason }) => `  ${texts.problem(part, reason)}`),
    ...Object.entries(accounts).flatMap(([id, account]) => linesOfRobot(id, account, ago, texts)),
    "",
    lineOf([
      labels.store,
      typeof store === "string" ? store : texts.store(store.inbox, store.outbox),
    ]),
    ...unsent.map(({ reason, at }) => lineOf([labels.notSent, texts.notSent(ago(at), reason)])),
  ];
}

type Row = readonly [label: string, value: string];

function linesOfRobot(
  id: string,
  account: Status["accounts"][string],
  ago: (time: number) => string,
  texts: StatusTexts,
): string[] {
  const rows = rowsOfRobot(account, ago, texts);
  const heading = `${account.name ?? id} (${account.clientId})`;
  return ["", heading, ...rows.map((row) => `  ${lineOf(row)}`)];
}

function rowsOfRobot(
  { stream, gateway, turns, budget, access }: Status["accounts"][string],
  ago: (time: number) => string,
  texts: StatusTexts,
): readonly Row[] {
  const { labels } = texts;
  const link = stream.problem?.reason ?? texts.streamStates[stream.state] ?? stream.state;
  const works = texts.gatewayStates[gateway.state] ?? gateway.state;
  return [
    [
      labels.dingtalk,
      texts.lasting(link, ago(stream.since)) +
        (stream.lastFrameAt === null ? "" : texts.lastFrame(ago(stream.lastFrameAt))),
    ],
    [
      labels.gateway,
      (gateway.since === null ? works : texts.lasting(works, ago(gateway.since))) +
        (gateway.reason === null ? "" : texts.because(gateway.reason)),
    ],
    [labels.turns, texts.turns(turns)],
    [
      labels.quota,
      typeof budget === "string" ? budget : texts.quota(budget.month, budget.api, budget.stream),
    ],
    [
      labels.access,
      texts.access(access.dmPolicy, access.groupPolicy) +
        (access.unowned === true ? texts.unowned : ""),
    ],
  ];
}

function lineOf([label, value]: Row): string {
  return `${padded(label, LABEL_WIDTH, "left")}  ${value}`;
}

const failed = (reason: string) => new UserError(reason, EXIT.crash);
