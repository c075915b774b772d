import type { Clock } from "../core/clock.ts";
import type { Dial } from "../core/socket.ts";
import type { OnboardOptions } from "./options.ts";
import type { Progress } from "./progress.ts";
import type { Texts } from "./texts-shape.ts";
import type { Ui } from "./ui.ts";

/** One thing that was looked at or done. `text` is for people and holds no secret. */
export interface Check {
  readonly name: "configuration" | "credentials" | "gateway" | "question" | "file";
  readonly status: "ok" | "warning" | "failed" | "skipped";
  readonly text: string;
}

/** What all steps of one run share. */
export interface Session {
  readonly options: OnboardOptions;
  readonly ui: Ui;
  readonly texts: Texts;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  readonly fetchFresh: typeof fetch;
  readonly dial: Dial;
  readonly userAgent: string;
  /** Without trailing slashes. */
  readonly apiUrl: string;
  readonly oapiUrl: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends when somebody asks for it outside a question. */
  readonly signal: AbortSignal;
  /** What an earlier run got to; empty without `--resume`. */
  readonly resumed: Progress;
  /** Remembers how far this one is. */
  keep(progress: Progress): void;
  check(check: Check): void;
}

/**
 * Says what came of something and notes it down.
 * @param copy what somebody is to take over as it is, said without decoration; "": nothing.
 */
export function report(session: Session, { copy = "", ...check }: Check & { copy?: string }): void {
  const { ui } = session;
  const say = { ok: ui.good, warning: ui.warn, failed: ui.bad, skipped: ui.say }[check.status];
  say(check.text);
  if (copy !== "") ui.plain(copy);
  session.check(copy === "" ? check : { ...check, text: `${check.text}\n${copy}` });
}
