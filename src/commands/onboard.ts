import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { runtime } from "#runtime";
import { createSystemClock } from "../core/clock.ts";
import type { SecretSources } from "../core/config/secrets.ts";
import { createGateway } from "../core/gateway/client.ts";
import { accessStep, isAccess } from "../onboard/access-step.ts";
import { robotStep } from "../onboard/credentials.ts";
import { edit } from "../onboard/edit.ts";
import { targetStep, usualTarget, writeStep, type Places } from "../onboard/file-step.ts";
import {
  addressOf,
  configuredIn,
  gatewayIn,
  isAccessSet,
  isSaid,
  textIn,
} from "../onboard/found.ts";
import { gatewayStep, isAddress } from "../onboard/gateway-step.ts";
import type { OnboardOptions } from "../onboard/options.ts";
import { jsonIn, placesOf } from "../onboard/places.ts";
import { dropProgress, keepProgress, readProgress, type Progress } from "../onboard/progress.ts";
import { report, type Check, type Session } from "../onboard/session.ts";
import { TEXTS } from "../onboard/texts.ts";
import { Cancelled, GivenUp, MissingAnswer, createUi } from "../onboard/ui.ts";
import { cannotWrite, readText } from "../onboard/write.ts";
import { VERSION } from "../version.ts";
import { calledAs } from "../host/called.ts";
import {
  inForce,
  readConfiguration,
  terminalLocale,
  type Configuration,
} from "../host/configuration.ts";
import { EXIT, UserError } from "../host/exit.ts";
import { expandHome, home } from "../host/paths.ts";
import { networkFor } from "./_network.ts";

/** As shells count a SIGINT. */
const CANCELLED = 130;

interface Result {
  file?: string;
  clientId?: string;
  /** Options that were needed and not given. */
  missing?: readonly string[];
  /** What ended it before its time. */
  error?: string;
}

interface Document extends Omit<Result, "file" | "clientId"> {
  readonly ok: boolean;
  readonly file?: string | null;
  readonly clientId?: string | null;
  readonly checks: readonly Check[];
}

/**
 * From nothing to a working robot: looks around, gets a robot, tries it, tries the gateway, writes the
 * configuration. Resolves with the exit code: 0 only if the credentials were verified and written.
 * Throws `UserError` for options that cannot be.
 */
export async function onboard(options: OnboardOptions): Promise<number> {
  const wrong = wrongOption(options);
  if (wrong !== undefined) {
    if (options.json === true) tell({ ok: false, checks: [], error: wrong });
    throw new UserError(wrong, EXIT.usage);
  }
  // Where it is must be known before any file is read: one of them may be what it names.
  const dataDir = process.env["DINGBRIDGE_DATA_DIR"] || join(home(), ".openclaw/dingbridge");
  const progressFile = join(expandHome(dataDir), "onboard.json");
  const earlier = readProgress(progressFile);
  const resumed: Progress = (options.resume === true ? earlier : undefined) ?? {};
  const name = options.config ?? (process.env["DINGBRIDGE_CONFIG"] || resumed.file);
  const named = name === undefined ? undefined : resolve(expandHome(name));
  const loaded = readConfiguration(named);
  const locale = terminalLocale(loaded);
  const texts = TEXTS[locale];
  const output = options.json === true ? process.stderr : process.stdout;
  const ui = createUi({ output, ask: options.yes !== true, words: texts });
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(CANCELLED);
    stop.abort(new Cancelled());
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);

  const checks: Check[] = [];
  const result: Result = {};
  const apiUrl = options["api-url"] ?? resumed.apiUrl;
  const oapiUrl = options["oapi-url"] ?? resumed.oapiUrl;
  // Written with the first answer: before that there is nothing to go on with.
  let progress: Progress = { ...resumed, apiUrl, oapiUrl, file: named };
  // What a file says of proxies counts before there is a robot in it.
  const network = networkFor(loaded.config ?? readConfiguration(named, "unneeded").config ?? {});
  const session: Session = {
    options,
    ui,
    texts,
    clock: createSystemClock(setImmediate),
    fetch: network.fetch,
    fetchFresh: network.fetchFresh,
    dial: network.dial,
    userAgent: `dingbridge/${VERSION}`,
    apiUrl: addressOf(apiUrl, loaded, "apiUrl", "https://api.dingtalk.com"),
    oapiUrl: addressOf(oapiUrl, loaded, "oapiUrl", "https://oapi.dingtalk.com"),
    env: process.env,
    signal: stop.signal,
    resumed,
    keep(more) {
      progress = { ...progress, ...more };
      keepProgress(progressFile, progress, new Date());
    },
    check: (check) => void checks.push(check),
  };

  const run = async (): Promise<number> => {
    ui.open(texts.title);
    if (options.resume === true && earlier === undefined) ui.say(texts.look.nothingToResume);
    if (options.resume !== true && earlier !== undefined) ui.say(texts.look.canResume);
    if (progress.clientId !== undefined) ui.say(texts.look.resumed(progress.clientId));
    const code = await steps(session, loaded, named, result);
    if (code === EXIT.ok) dropProgress(progressFile);
    return code;
  };
  const code = await run().catch((error: unknown) => ending(error, session, result, progress));
  process.off("SIGINT", onSignal);
  process.off("SIGTERM", onSignal);
  if (options.json === true) tell({ ok: code === EXIT.ok, checks, ...result });
  return code;
}

/** The one document of `--json`. */
function tell({ ok, file = null, clientId = null, checks, missing, error }: Document): void {
  console.log(JSON.stringify({ ok, file, clientId, checks, missing, error }));
}

async function steps(
  session: Session,
  loaded: Configuration,
  named: string | undefined,
  result: Result,
): Promise<number> {
  const { ui, texts, options, resumed } = session;
  const places = placesOf(named);
  const { openclaw } = places;
  const gateway = gatewayIn(options, resumed, loaded);
  const refusal = await look(session, loaded, places, gateway.url);
  if (refusal !== undefined) return refusal;

  const robot = await robotStep(session, configuredIn(loaded));
  result.clientId = robot.clientId;
  session.keep({ clientId: robot.clientId, isCreated: robot.isCreated });

  const at = await gatewayStep(session, gateway, openclaw);
  session.keep({ gatewayUrl: at.url, gatewayDone: true });

  const target = await targetStep(session, places);
  session.keep({ file: target.path });
  const access = await accessStep(session, isAccessSet(loaded, target.path));
  session.keep({ access });

  const fresh = (key: string, value: string | undefined, wasFound: string | undefined) =>
    value === wasFound && isSaid(inForce(loaded, key)?.source, target.path) ? undefined : value;
  const answers = {
    clientId: robot.clientId,
    clientSecret: robot.clientSecret,
    apiUrl: fresh("apiUrl", session.apiUrl, textIn(loaded, "apiUrl")),
    oapiUrl: fresh("oapiUrl", session.oapiUrl, textIn(loaded, "oapiUrl")),
    gatewayUrl: fresh("gateway.url", at.url, textIn(loaded, "gateway.url")),
    gatewayToken: fresh("gateway.token", at.token, loaded.gatewayToken),
    dmPolicy: access === "skip" ? undefined : access,
  };
  await writeStep(session, target, openclaw, answers, SOURCES);
  result.file = target.path;
  const starts = complain(session, target.path, robot.clientId);
  if (!robot.isVerified) {
    ui.bad(texts.file.unverified);
    return EXIT.crash;
  }
  if (!starts) {
    ui.bad(texts.file.willNotStart);
    return EXIT.configuration;
  }
  const isUsual = readConfiguration(undefined).path === target.path;
  const more = isUsual ? "" : ` --config ${target.path}`;
  const run = (command: string) => `${calledAs(runtime.name)} ${command}${more}`;
  const next = texts.next.steps({ run, isPairing: access === "pairing", isQr: robot.isCreated });
  ui.say(texts.next.title);
  ui.plain(next.map((step, at) => `  ${at + 1}. ${step}`).join("\n"));
  ui.close("");
  return EXIT.ok;
}

/** What is there. A number: nothing can be done here, and that is the exit code. */
async function look(
  session: Session,
  loaded: Configuration,
  places: Places,
  gatewayUrl: string,
): Promise<number | undefined> {
  const { ui, texts, fetchFresh, clock, signal } = session;
  const { openclaw } = places;
  const { path } = loaded;
  const isOurs =
    path !== undefined && existsSync(path) && (path !== openclaw.path || openclaw.hasBlock);
  ui.say(isOurs ? texts.look.file(path) : texts.look.noFile);
  ui.say(openclaw.exists ? texts.look.openclaw(openclaw.path) : texts.look.noOpenclaw);
  if (openclaw.hasBlock && !openclaw.accepts) ui.warn(texts.look.blockWithoutPlugin(openclaw.path));
  const target = usualTarget(places);
  if (target.isOpenClaws && !openclaw.accepts) {
    throw new GivenUp(texts.file.refusesOpenclaw(openclaw.path));
  }
  const file = readText(target.path);
  const broken = !file.ok
    ? texts.file.unreadable(target.path, file.said)
    : whyUseless(session, target.path, file.text ?? "", loaded);
  if (broken !== undefined) {
    report(session, { name: "configuration", status: "failed", text: broken });
    return EXIT.configuration;
  }
  const unwritable = target.isOpenClaws ? undefined : cannotWrite(target.path);
  if (unwritable !== undefined) {
    const text = texts.file.unwritable(target.path, unwritable);
    report(session, { name: "file", status: "failed", text });
    return EXIT.crash;
  }
  const ill = await createGateway({
    url: gatewayUrl,
    token: undefined,
    timeoutMs: 1,
    readMedia: false,
    fetch: fetchFresh,
    clock,
  }).health();
  signal.throwIfAborted();
  ui.say(ill === undefined ? texts.look.gateway(gatewayUrl) : texts.look.noGateway(gatewayUrl));
  return undefined;
}

/** Why nothing can be added to a file as it is; undefined if something can. */
function whyUseless(
  { texts }: Session,
  path: string,
  text: string,
  { problems, channel = "dingtalk" }: Configuration,
): string | undefined {
  if (text.trim() === "") return undefined;
  if (jsonIn(text) === undefined) return [texts.look.broken(path), ...problems].join("\n");
  const tried = edit(text, [{ path: ["channels", channel, "clientId"], value: "" }]);
  return tried.ok || tried.reason !== "not-an-object"
    ? undefined
    : texts.look.noObject(path, `channels.${channel}`);
}

/** What the configuration comes to, now that it is written. Whether a worker starts with it. */
function complain(session: Session, path: string, clientId: string): boolean {
  const { texts } = session;
  const { config, problems, warnings } = readConfiguration(path);
  const isThere = config?.accounts.some((account) => account.clientId === clientId) === true;
  const isOther = !isThere && (session.env["DINGTALK_CLIENT_ID"] ?? "") !== "";
  const lines = [...warnings, ...(isOther ? [texts.file.overridden] : [])];
  const say = (status: "failed" | "warning") => (line: string) =>
    report(session, { name: "configuration", status, text: texts.file.problem(line) });
  problems.forEach(say("failed"));
  lines.forEach(say("warning"));
  return problems.length === 0;
}

function ending(error: unknown, session: Session, result: Result, progress: Progress): number {
  const { ui, texts } = session;
  const isLost = progress.isCreated === true && result.file === undefined;
  if (isLost) ui.warn(texts.qr.secretInConsole(progress.clientId ?? ""));
  if (error instanceof Cancelled) {
    result.error = texts.cancelled(progress.clientId !== undefined);
    ui.close(result.error);
    return CANCELLED;
  }
  if (error instanceof GivenUp) {
    result.error = error.message;
    ui.bad(error.message);
    return EXIT.crash;
  }
  if (error instanceof MissingAnswer) {
    result.missing = error.what;
    result.error = texts.missing(error.what);
    ui.bad(result.error);
    return EXIT.usage;
  }
  throw error;
}

const SOURCES: SecretSources = {
  env: process.env,
  readFile: (path) => readFileSync(path, "utf8"),
};

/** Options that cannot be, in one line. */
function wrongOption(options: OnboardOptions): string | undefined {
  for (const name of ["api-url", "oapi-url", "gateway-url"] as const) {
    const url = options[name];
    if (url !== undefined && !isAddress(url)) return `--${name}: expected an http(s) address`;
  }
  if (options.access !== undefined && !isAccess(options.access)) {
    return "--access: expected pairing, open or skip";
  }
  return options.qr === true && options["no-qr"] === true
    ? "--qr and --no-qr: expected one of them"
    : undefined;
}
