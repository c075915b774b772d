import { existsSync } from "node:fs";
import JSON5 from "json5";
import type { SecretSources } from "../core/config/secrets.ts";
import { planFor, type Answers, type Plan } from "./changes.ts";
import { written, type Change } from "./edit.ts";
import type { OpenClaw } from "./openclaw.ts";
import { findOpenClaw, setInOpenClaw } from "./openclaw-cli.ts";
import { report, type Session } from "./session.ts";
import { GivenUp, MissingAnswer } from "./ui.ts";
import { changeFile, readText } from "./write.ts";

export interface Target {
  readonly path: string;
  /** OpenClaw's own file, which only OpenClaw itself may change. */
  readonly isOpenClaws: boolean;
}

export interface Places {
  /** Named by somebody. */
  readonly named: string | undefined;
  /** `~/.openclaw/dingbridge.json` */
  readonly own: string;
  readonly openclaw: OpenClaw;
}

/** Where the configuration goes if nobody is asked. */
export function usualTarget({ named, own, openclaw }: Places): Target {
  const path =
    named ?? (openclaw.accepts && openclaw.hasBlock && !existsSync(own) ? openclaw.path : own);
  return { path, isOpenClaws: path === openclaw.path };
}

/**
 * Asks where the configuration goes. `openclaw.json` only with a plugin that declares the channel: without
 * one the gateway would not start any more.
 */
export async function targetStep(session: Session, places: Places): Promise<Target> {
  const { ui, texts } = session;
  const { named, own, openclaw } = places;
  const usual = usualTarget(places);
  if (usual.isOpenClaws && !openclaw.accepts) {
    throw new GivenUp(texts.file.refusesOpenclaw(openclaw.path));
  }
  // An own file that is there is the one that is read: the other would have no effect.
  if (named !== undefined || !openclaw.accepts || existsSync(own)) return usual;
  ui.say(texts.file.why);
  const which = await ui.choose(
    texts.file.where,
    [
      { value: "own", label: texts.file.own(own), hint: texts.file.ownHint },
      {
        value: "openclaw",
        label: texts.file.openclaw(openclaw.path),
        hint: texts.file.openclawHint,
      },
    ],
    usual.isOpenClaws ? "openclaw" : "own",
  );
  const isOpenClaws = which === "openclaw";
  return { path: isOpenClaws ? openclaw.path : own, isOpenClaws };
}

/** Writes it, or says what to write where that cannot be done without loss; then it throws `GivenUp`. */
export async function writeStep(
  session: Session,
  target: Target,
  openclaw: OpenClaw,
  answers: Answers,
  sources: SecretSources,
): Promise<void> {
  const { texts } = session;
  const plan = planFor(jsonAt(session, target.path), answers, sources);
  if (plan === "accounts-list") {
    throw handOver(session, texts.file.paste(target.path), planFor(undefined, answers, sources));
  }
  await mayReplace(session, plan, target);
  if (plan.changes.length === 0) return done(session, texts.file.unchanged(target.path));
  if (target.isOpenClaws) return await throughOpenClaw(session, openclaw, plan);
  const isNew = !existsSync(target.path);
  const changed = changeFile(target.path, plan.changes, new Date(session.clock.now()));
  if (!changed.ok) {
    if (changed.reason === "unreadable") {
      throw failed(session, texts.file.unreadable(target.path, changed.said));
    }
    if (changed.reason === "unwritable") {
      throw failed(session, texts.file.unwritable(target.path, changed.said));
    }
    throw handOver(session, texts.file.paste(target.path), plan);
  }
  done(session, texts.file.written(target.path));
  if (changed.backup !== undefined) session.ui.say(texts.file.backup(changed.backup));
  if (isNew && openclaw.hasBlock) session.ui.warn(texts.file.masked(openclaw.path));
}

async function throughOpenClaw(session: Session, openclaw: OpenClaw, plan: Plan): Promise<void> {
  const { ui, texts, signal } = session;
  const { path } = openclaw;
  if (openclaw.hasComments) throw handOver(session, texts.file.openclawComments(path), plan);
  const program = findOpenClaw();
  if (program === undefined) throw handOver(session, texts.file.noProgram, plan);
  ui.say(texts.file.willRun("openclaw config set --batch-file …"));
  ui.plain(snippet(plan.changes, "***"));
  if (!(await ui.agree(texts.gateway.runCommand, true))) throw new GivenUp(texts.next.notDone);
  const ran = await setInOpenClaw(program, plan.changes, signal);
  if (!ran.ok) throw failed(session, texts.gateway.notRun(ran.said));
  done(session, texts.file.written(path));
}

/** A robot that is there already is replaced only if somebody says so. */
async function mayReplace(
  { ui, texts, options }: Session,
  plan: Plan,
  target: Target,
): Promise<void> {
  if (plan.replaces === undefined || options.yes === true) return;
  const { replaces } = plan;
  if (!ui.isInteractive) {
    throw new MissingAnswer([texts.file.replaceNeedsYes(replaces, target.path)]);
  }
  const may = await ui.agree(texts.file.replaces(replaces, target.path), true);
  if (!may) throw new GivenUp(texts.next.notDone);
}

function jsonAt(session: Session, path: string): unknown {
  const read = readText(path);
  if (!read.ok) throw failed(session, session.texts.file.unreadable(path, read.said));
  if (read.text === undefined || read.text.trim() === "") return undefined;
  try {
    return JSON5.parse(read.text);
  } catch {
    throw failed(session, session.texts.look.broken(path));
  }
}

function done(session: Session, text: string): void {
  report(session, { name: "file", status: "ok", text });
}

function failed(session: Session, text: string): GivenUp {
  session.check({ name: "file", status: "failed", text });
  return new GivenUp(text);
}

function handOver(session: Session, text: string, plan: Plan | "accounts-list"): GivenUp {
  const { texts } = session;
  const copy =
    plan === "accounts-list" ? "" : snippet(plan.changes, `<${texts.file.pasteSecret}>`).trimEnd();
  report(session, { name: "file", status: "failed", text, copy });
  return new GivenUp(texts.next.notDone);
}

/** What is to stand in the file, with words where the secrets go. */
function snippet(changes: readonly Change[], placeholder: string): string {
  const isSecret = ({ path }: Change) =>
    ["clientSecret", "appSecret", "token"].includes(path.at(-1) ?? "");
  return written(
    changes.map((change) => (isSecret(change) ? { ...change, value: placeholder } : change)),
  );
}
