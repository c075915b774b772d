import * as v from "valibot";
import { MAX_MESSAGE_BYTES, bytesOf } from "../dingtalk/render.ts";
import { cutText } from "../inbound/cut.ts";
import { ActionCardSchema, MAX_BUTTONS } from "./schema/message-schema.ts";
import type { ActionCard } from "../message.ts";
import { titleOf } from "./title.ts";

/** OpenClaw's inline directives that ask for buttons, each in one line; bounded, so that one never closed costs little. */
export const BUTTON_DIRECTIVE = /[ \t]?\[\[(?:buttons|quick_replies|confirm):[^\n]{0,1000}?\]\]+/g;

/** A card is for a question; a longer answer reads better in front of it. */
const MAX_WORDS = 3000;
const MAX_TITLE_CHARS = 60;

/** What a directive asks for. */
export interface Asked {
  /** Whole but for what the words before it say. */
  readonly card: ActionCard;
  /** The directive's own words, as markdown; empty if it has none. */
  readonly text: string;
}

/**
 * Reads a directive; undefined if it cannot be read:
 *
 *   [[buttons: title | text | label:data, label:https://…]]
 *   [[confirm: question | yes | no]]   each a label or label:data
 *   [[quick_replies: one, two, three]]
 *
 * `data` is what pressing the button says, the label if there is none.
 */
export function readDirective(directive: string): Asked | undefined {
  const [, name, body = ""] = /\[\[([a-z_]+):(.*)\]\]$/.exec(directive) ?? [];
  if (name === "quick_replies") {
    const labels = body.split(/[,，|]/).map((label) => label.trim());
    return askedFor(
      "",
      "",
      labels.map((label) => ({ title: label, send: label })),
    );
  }
  const [first = "", second = "", ...others] = body.split("|").map((part) => part.trim());
  const [third] = others;
  if (third === undefined) return undefined;
  if (name === "confirm") return askedFor(first, first, [second, third].map(buttonFor));
  const own = [first === "" ? "" : `### ${first}`, second].filter((part) => part !== "");
  return askedFor(first, own.join("\n\n"), others.join(",").split(/[,，]/).map(buttonFor));
}

/**
 * The card for it with the words before it, or as much of them as makes sense in a card; `words` is what
 * stays in front.
 */
export function cardFor(
  asked: Asked,
  words: string,
): { readonly words: string; readonly card: ActionCard } {
  const whole = [words, asked.text].filter((part) => part !== "").join("\n\n");
  const card = withText(asked, whole);
  if (card !== undefined) return { words: "", card };
  const [before, question] = asked.text === "" ? splitLastParagraph(words) : [words, asked.text];
  const short = withText(asked, question);
  // With nothing that could be its question, the card says what there is to choose from.
  return short === undefined ? { words, card: asked.card } : { words: before, card: short };
}

type Wanted = Readonly<Record<"title", string> & Partial<Record<"url" | "send", string>>>;

function askedFor(title: string, text: string, wanted: readonly Wanted[]): Asked | undefined {
  const buttons = wanted.filter(({ title }) => title !== "").slice(0, MAX_BUTTONS);
  const choices = buttons.map((button) => button.title).join(" · ");
  const card = v.safeParse(ActionCardSchema, {
    title: cutText(title || choices, MAX_TITLE_CHARS),
    text: text || choices,
    buttons,
    orientation: buttons.length === 2 ? "horizontal" : "vertical",
  });
  return card.success ? { card: card.output, text } : undefined;
}

/** `label:data`, `label` or an address. */
function buttonFor(written: string): Wanted {
  const action = written.trim();
  const at = /^https?:/i.test(action) ? -1 : action.indexOf(":");
  const title = at === -1 ? action : action.slice(0, at).trim();
  const data = (at === -1 ? "" : action.slice(at + 1).trim()) || title;
  return /^https?:\/\//i.test(data) ? { title, url: data } : { title, send: data };
}

/** The card with this text, if it may be that long. */
function withText({ card, text: own }: Asked, text: string): ActionCard | undefined {
  if (text === "" || text.length > MAX_WORDS) return undefined;
  const title = own === "" ? titleOf(text, card.title) : card.title;
  const full: ActionCard = { ...card, title, text };
  return bytesOf(full) <= MAX_MESSAGE_BYTES ? full : undefined;
}

/** A last paragraph that is one by itself, like the question at the end of a report. */
function splitLastParagraph(words: string): [before: string, last: string] {
  const at = words.lastIndexOf("\n\n");
  const last = words.slice(at + 1).trim();
  return at === -1 || /^(?:```|~~~)/m.test(last)
    ? [words, ""]
    : [words.slice(0, at).trimEnd(), last];
}
