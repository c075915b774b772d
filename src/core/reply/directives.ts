/** What the agent answers when it wants to say nothing. A plain word: nothing on the way eats it. */
export const SILENCE = "DINGTALK_SILENT";

/** What an agent's answer says once the words meant for machines are out of it. */
export type Cleaned =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "silent" }
  | { readonly kind: "empty" };

/** The gateway's own words where the model gave nothing that survives HTTP. */
const NO_RESPONSE = "No response from OpenClaw.";

/** OpenClaw's inline directives that come through the HTTP API verbatim, or may. */
const DIRECTIVES =
  /[ \t]?(?:\[\[tts:text\]\][\s\S]*?\[\[\/tts:text\]\]|\[\[\/?(?:tts|reply_to|reply_to_current|audio_as_voice|buttons|quick_replies)(?::[^\n]*?)?\]\]+)/g;
const TRAILING_TOKENS = new RegExp(`(?:\\s*\\b(?:NO_REPLY|HEARTBEAT_OK|${SILENCE})\\b[.!]?)+\\s*$`);
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
    .replace(LEADING_TOKENS, "")
    .replace(TRAILING_TOKENS, "")
    .trim();
  if (text !== "") return { kind: "text", text };
  return {
    kind: asked.includes(SILENCE) || /NO_REPLY|HEARTBEAT_OK/.test(asked) ? "silent" : "empty",
  };
}
