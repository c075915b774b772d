/** What the agent answers when it wants to say nothing. A plain word: nothing on the way eats it. */
export const SILENCE = "DINGTALK_SILENT";

/** What an agent's answer says once the words meant for machines are out of it. */
export type Cleaned =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "silent" }
  | { readonly kind: "empty" };

/** The gateway's own words where the model gave nothing that survives HTTP. */
const NO_RESPONSE = "No response from OpenClaw.";

/** OpenClaw's inline directives that come through the HTTP API verbatim, or may; bounded, so that one never closed costs little. */
const DIRECTIVES =
  /[ \t]?(?:\[\[tts:text\]\][\s\S]{0,8000}?\[\[\/tts:text\]\]|\[\[\/?(?:tts|reply_to|reply_to_current|audio_as_voice|buttons|quick_replies)(?::[^\n]{0,1000}?)?\]\]+)/g;
const TOKENS = ["NO_REPLY", "HEARTBEAT_OK", SILENCE];
const LEADING_TOKENS = /^\s*HEARTBEAT_OK\b[.!]?/;

/** Takes the directives out, code blocks left alone, and finds out whether anything is left to say. */
export function cleanAnswer(raw: string): Cleaned {
  const asked = raw.trim();
  if (asked === "" || asked === NO_RESPONSE) return { kind: "empty" };
  // However the model dresses the word up: in code, bold, quotes, with a Chinese full stop.
  const bare = asked
    .slice(0, 200)
    .replace(/[^\p{L}_]/gu, "")
    .toUpperCase();
  if (TOKENS.includes(bare)) return { kind: "silent" };
  const text = outsideCode(asked, (part) => part.replace(DIRECTIVES, ""));
  const said = withoutTrailingTokens(text.replace(LEADING_TOKENS, "")).trim();
  if (said !== "") return { kind: "text", text: said };
  return { kind: TOKENS.some((token) => asked.includes(token)) ? "silent" : "empty" };
}

/** Applies `change` to all that stands outside fenced code blocks, line by line. */
function outsideCode(text: string, change: (part: string) => string): string {
  const parts: { code: boolean; lines: string[] }[] = [{ code: false, lines: [] }];
  let fence: string | undefined;
  for (const line of text.split("\n")) {
    const mark = /^(?:```|~~~)/.exec(line)?.[0];
    if (fence === undefined && mark !== undefined) {
      fence = mark;
      parts.push({ code: true, lines: [line] });
    } else {
      parts.at(-1)?.lines.push(line);
      if (fence === undefined || mark !== fence) continue;
      fence = undefined;
      parts.push({ code: false, lines: [] });
    }
  }
  return parts
    .filter(({ lines }) => lines.length > 0)
    .map(({ code, lines }) => (code ? lines.join("\n") : change(lines.join("\n"))))
    .join("\n");
}

/** By hand: a regular expression for this takes the square of a long answer's blanks. */
function withoutTrailingTokens(text: string): string {
  let rest = text;
  for (;;) {
    const end = rest.trimEnd();
    const bare = /[.!。！]$/.test(end) ? end.slice(0, -1) : end;
    const token = TOKENS.find((word) => bare.endsWith(word));
    const before = token === undefined ? "" : bare.slice(0, -token.length);
    // "MY_NO_REPLY" is a word of its own.
    if (token === undefined || /\w$/.test(before)) return rest;
    rest = before;
  }
}
