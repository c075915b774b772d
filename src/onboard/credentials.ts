import { readFileSync } from "node:fs";
import { pause } from "../core/dingtalk/device-flow.ts";
import { reasonOf } from "../core/log.ts";
import { createByQr, type Pair } from "./by-qr.ts";
import { report, type Session } from "./session.ts";
import { idProblem, secretProblem } from "./shape.ts";
import { GivenUp, MissingAnswer } from "./ui.ts";
import { verifyRobot, type Verified } from "./verify.ts";

export interface Robot extends Pair {
  /** It was made a moment ago. */
  readonly isCreated: boolean;
  readonly isVerified: boolean;
}

type Candidate = Omit<Robot, "isVerified">;

const ID_OPTION = "--client-id (DINGTALK_CLIENT_ID)";
const SECRET_OPTION = "--client-secret-file (DINGTALK_CLIENT_SECRET)";
/** An app that was just made may need a while until it is published. */
const PUBLISHING_MS = 60_000;
const PUBLISHING_PAUSE_MS = 3000;

/** A robot whose credentials have been tried, unless somebody wants to save them untried. */
export async function robotStep(session: Session, configured: Pair | undefined): Promise<Robot> {
  let candidate = await firstCandidate(session, configured);
  for (;;) {
    const verified = await verify(session, candidate);
    if (verified.ok) {
      const text = session.texts.robot.works(candidate.clientId);
      report(session, { name: "credentials", status: "ok", text });
      return { ...candidate, isVerified: true };
    }
    complain(session, candidate.clientId, verified);
    const next = await nextCandidate(session, candidate, verified);
    // The secret of an app made a moment ago is not thrown away.
    if (next === "as it is") return { ...candidate, isVerified: false };
    candidate = next;
  }
}

async function nextCandidate(
  session: Session,
  candidate: Candidate,
  { failure }: Extract<Verified, { ok: false }>,
): Promise<Candidate | "as it is"> {
  const { ui, texts } = session;
  if (!ui.isInteractive) {
    if (candidate.isCreated) return "as it is";
    throw new GivenUp(texts.next.notDone);
  }
  const secret = { value: "secret", label: texts.robot.otherSecret } as const;
  const save = { value: "save", label: texts.robot.saveAnyway } as const;
  const next = await ui.choose(
    texts.qr.again,
    [
      ...(failure === "credentials" ? [secret] : []),
      { value: "retry", label: texts.retry },
      { value: "other", label: texts.robot.other },
      ...(candidate.isCreated ? [save] : []),
      { value: "quit", label: texts.quit },
    ],
    failure === "credentials" ? "secret" : "retry",
  );
  if (next === "quit") throw new GivenUp(texts.next.notDone);
  if (next === "save") return "as it is";
  if (next === "retry") return candidate;
  const clientId = next === "secret" ? candidate.clientId : await askId(session, "");
  return await typed(session, clientId);
}

async function firstCandidate(session: Session, configured: Pair | undefined): Promise<Candidate> {
  const { options, ui, texts, resumed } = session;
  const given = givenPair(session);
  const known = given.clientId ?? resumed.clientId;
  const secretOf = (clientId: string) =>
    given.clientSecret ?? (configured?.clientId === clientId ? configured.clientSecret : undefined);

  if (known !== undefined || given.clientSecret !== undefined) {
    const clientId = known ?? configured?.clientId ?? (await askId(session, ""));
    const wrong = idProblem(clientId);
    if (wrong !== undefined && !ui.isInteractive) {
      throw new MissingAnswer([`${ID_OPTION}: ${texts.robot.problems[wrong]}`]);
    }
    const clientSecret = secretOf(clientId);
    const isCreated = clientId === resumed.clientId && resumed.isCreated === true;
    return clientSecret === undefined
      ? { ...(await typed(session, clientId)), isCreated }
      : shaped(session, { clientId, clientSecret, isCreated });
  }
  const usual =
    configured === undefined ? (options["no-qr"] === true ? "paste" : "qr") : "configured";
  const how =
    options.qr === true
      ? "qr"
      : await ui.choose(
          texts.robot.how,
          [
            ...(configured === undefined
              ? []
              : [
                  {
                    value: "configured",
                    label: texts.robot.configured(configured.clientId),
                  } as const,
                ]),
            ...(options["no-qr"] === true
              ? []
              : [{ value: "qr", label: texts.robot.qr, hint: texts.robot.qrHint } as const]),
            { value: "paste", label: texts.robot.paste, hint: texts.robot.pasteHint },
          ],
          usual,
        );
  if (how === "configured" && configured !== undefined) {
    return { ...configured, isCreated: false };
  }
  // Nobody looks at a terminal that is none: who wants to scan there says so.
  if (!ui.isInteractive && options.qr !== true) {
    throw new MissingAnswer([ID_OPTION, SECRET_OPTION, "--qr"]);
  }
  const created = how === "qr" ? await createByQr(session) : undefined;
  if (created === undefined) return await typed(session, await askId(session, ""));
  session.keep({ clientId: created.clientId, isCreated: true });
  return { ...created, isCreated: true };
}

function givenPair({ options, env, ui, texts }: Session): {
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
} {
  const { "client-id": id, "client-secret": secret, "client-secret-file": file } = options;
  if (secret !== undefined) ui.warn(texts.robot.visibleSecret);
  const fromEnv = (name: string) => env[name]?.trim() || undefined;
  return {
    clientId: id?.trim() ?? fromEnv("DINGTALK_CLIENT_ID"),
    clientSecret:
      (file === undefined ? undefined : secretIn(file, texts.robot.secretFile)) ??
      secret?.trim() ??
      fromEnv("DINGTALK_CLIENT_SECRET"),
  };
}

function secretIn(file: string, complaint: (path: string, why: string) => string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new MissingAnswer([complaint(file, reasonOf(error))]);
  }
}

/** What was given on the command line and cannot be right is asked for again, where that is possible. */
async function shaped(session: Session, candidate: Candidate): Promise<Candidate> {
  const { ui, texts } = session;
  const { clientId, clientSecret } = candidate;
  const wrongId = idProblem(clientId);
  const problem = wrongId ?? secretProblem(clientSecret, clientId);
  if (problem === undefined) return candidate;
  if (!ui.isInteractive) {
    const option = wrongId === undefined ? SECRET_OPTION : ID_OPTION;
    throw new MissingAnswer([`${option}: ${texts.robot.problems[problem]}`]);
  }
  ui.bad(texts.robot.problems[problem]);
  return await typed(session, await askId(session, clientId));
}

async function askId({ ui, texts }: Session, usual: string): Promise<string> {
  if (!ui.isInteractive) throw new MissingAnswer([ID_OPTION]);
  return await ui.ask(texts.robot.id, usual, (answer) => {
    const problem = idProblem(answer);
    return problem === undefined ? undefined : texts.robot.problems[problem];
  });
}

async function typed(session: Session, clientId: string): Promise<Candidate> {
  const { ui, texts } = session;
  if (!ui.isInteractive) throw new MissingAnswer([SECRET_OPTION]);
  const clientSecret = await ui.askSecret(texts.robot.secret, (answer) => {
    const problem = secretProblem(answer, clientId);
    return problem === undefined ? undefined : texts.robot.problems[problem];
  });
  return { clientId, clientSecret, isCreated: false };
}

async function verify(session: Session, candidate: Candidate): Promise<Verified> {
  const { ui, texts, clock, signal } = session;
  ui.say(texts.robot.checking);
  const until = clock.monotonic() + (candidate.isCreated ? PUBLISHING_MS : 0);
  for (;;) {
    const verified = await verifyRobot({ ...session, ...candidate }, signal);
    const mayCome = !verified.ok && ["configuration", "credentials"].includes(verified.failure);
    if (!mayCome || clock.monotonic() >= until) return verified;
    ui.say(texts.robot.notYet);
    await pause(clock, PUBLISHING_PAUSE_MS, signal);
  }
}

function complain(
  session: Session,
  clientId: string,
  { failure, reason }: Extract<Verified, { ok: false }>,
): void {
  const { failures, idHint } = session.texts.robot;
  const isOdd = failure === "credentials" && !/^(?:ding|suite)/.test(clientId);
  const text = [failures[failure], ...(isOdd ? [idHint] : []), `(${factsOf(reason)})`].join("\n");
  report(session, { name: "credentials", status: "failed", text });
}

/** The words above say what to do already: of the reason only what DingTalk said. */
const factsOf = (reason: string) => /\((HTTP \d+[^()]*)\)/.exec(reason)?.[1] ?? reason;
