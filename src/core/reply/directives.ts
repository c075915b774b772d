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
const FENCED = /(^(?:```|~~~)[\s\S]*?^(?:```|~~~)[ \t]*$)/m;

/** Takes the directives out, code blocks left alone, and finds out whether anything is left to say. */
export function cleanAnswer(raw: string): Cleaned {
  const asked = raw.trim();
  if (asked === "" || asked === NO_RESPONSE) return { kind: "empty" };
  const text = asked
    .split(FENCED)
    .map((part, at) => (at % 2 === 1 ? part : part.replace(DIRECTIVES, "")))
    .join("")
    .replace(LEADING_TOKENS, "");
  const said = withoutTrailingTokens(text).trim();
  if (said !== "") return { kind: "text", text: said };
  return {
    kind: asked.includes(SILENCE) || /NO_REPLY|HEARTBEAT_OK/.test(asked) ? "silent" : "empty",
  };
}

/** By hand: a regular expression for this takes the square of a long answer's blanks. */
function withoutTrailingTokens(text: string): string {
  let rest = text;
  for (;;) {
    const end = rest.trimEnd();
    const bare = /[.!]$/.test(end) ? end.slice(0, -1) : end;
    const token = TOKENS.find((word) => bare.endsWith(word));
    const before = token === undefined ? "" : bare.slice(0, -token.length);
    // "MY_NO_REPLY" is a word of its own.
    if (token === undefined || /\w$/.test(before)) return rest;
    rest = before;
  }
}
