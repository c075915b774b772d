import type { Counters } from "../counters.ts";
import type { Answer } from "../gateway/client.ts";
import type { GatewayFailure } from "../gateway/errors.ts";
import type { Log } from "../log.ts";
import type { Meter } from "../meter.ts";
import { cleanAnswer } from "../reply/directives.ts";
import type { Texts } from "../texts.ts";

export interface VerdictOptions {
  readonly texts: Texts;
  readonly counters: Counters;
  readonly meter: Meter;
}

/** A turn is over: with these words, or with none. */
export interface Verdict {
  readonly said: string | undefined;
}

/** The turn it is about. */
export interface About {
  readonly entry: { readonly session: string };
  readonly log: Log;
}

/** What people are told of an answer, or of the lack of one. */
export function createVerdict({ texts, counters, meter }: VerdictOptions) {
  const failed = (failure: GatewayFailure, { entry, log }: About): Verdict => {
    counters.count("turns_failed");
    meter.turn(failure.kind);
    log.error("turn failed: the user is told", { ...failure, session: entry.session });
    return { said: texts.failures[failure.kind] };
  };

  const notesOn = ({ truncated, shortened }: Answer & { readonly ok: true }) => [
    ...(truncated ? [texts.truncated] : []),
    ...(shortened ? [texts.shortened] : []),
  ];

  const wordsOf = (answer: Answer, about: About): Verdict => {
    if (!answer.ok) return failed(answer.failure, about);
    const cleaned = cleanAnswer(answer.text);
    if (answer.unseen === true) {
      about.log.info(
        "a long answer: the gateway's records show only its beginning, so files that MEDIA: lines name further down are not sent",
        { session: about.entry.session },
      );
    }
    const media = mediaBeside(answer).map((named) => `MEDIA:${named}`);
    switch (media.length > 0 && cleaned.kind === "empty" ? "media" : cleaned.kind) {
      case "media":
      case "text": {
        counters.count("turns_answered");
        meter.turn("answered");
        const words = cleaned.kind === "text" ? [cleaned.text, ...notesOn(answer)] : [];
        return { said: [...words, media.join("\n")].join("\n\n").trimEnd() };
      }
      case "silent":
        counters.count("turns_silent");
        meter.turn("silent");
        return { said: undefined };
      case "empty":
        return failed({ kind: "empty", reason: "the gateway's answer was empty" }, about);
    }
  };

  return { failed, wordsOf };
}

/** Files that the words do not name: some lines of that kind the gateway leaves where they are. */
function mediaBeside({ text, media }: Answer & { readonly ok: true }): readonly string[] {
  const lines = text.split("\n").filter((line) => line.includes("MEDIA:"));
  return media.filter((named) => !lines.some((line) => line.includes(named)));
}
