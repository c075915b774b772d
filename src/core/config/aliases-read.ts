import { isHostPattern } from "../media/allow-list.ts";

/** What another bridge's value is here. */
export type Reading =
  | {
      readonly value: unknown;
      /** For the note, where the value is not what stands in the file. Never a secret. */
      readonly said?: string;
      /** It does not mean quite the same here. */
      readonly understood?: true;
    }
  /** With this value the key asks for nothing. */
  | { readonly why: string }
  /** A later row of the table speaks of this value. */
  | "later";

/** Undefined: no value this key is known to have. */
export type Read = (value: unknown) => Reading | undefined;

/** One word for another. Words that are the same on both sides stand for themselves. */
export function words(map: Readonly<Record<string, string>>): Read {
  const known = new Map(Object.entries(map));
  return (value) => {
    const word = typeof value === "string" ? known.get(value) : undefined;
    if (word === undefined) return undefined;
    return word === value ? { value: word } : { value: word, said: JSON.stringify(word) };
  };
}

const said = (value: unknown): Reading => ({ value, said: JSON.stringify(value) });

const boolean = (value: unknown): boolean | undefined =>
  value === true || value === "true"
    ? true
    : value === false || value === "false"
      ? false
      : undefined;

export function either(whenTrue: unknown, whenFalse: unknown): Read {
  return (value) => {
    const on = boolean(value);
    return on === undefined ? undefined : said(on ? whenTrue : whenFalse);
  };
}

/** Speaks of one value only. */
export const only =
  (one: unknown, as: string): Read =>
  (value) =>
    value === one ? said(as) : "later";

/** A number the schema takes: whole, and not beyond its limits. */
export function within(least: number, most: number): Read {
  return (value) => {
    const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
    if (typeof number !== "number" || !Number.isFinite(number)) return undefined;
    if (number < least)
      return { value: least, said: `${least}, the least there is`, understood: true };
    if (number > most) return { value: most, said: `${most}, the most there is`, understood: true };
    return Number.isInteger(number) ? { value: number } : said(Math.floor(number));
  };
}

/** Some write a list as "a, b". */
export const list: Read = (value) => {
  if (Array.isArray(value)) return { value };
  if (typeof value === "number") return { value: [value] };
  if (typeof value !== "string") return undefined;
  const entries = value.split(",").map((entry) => entry.trim());
  return { value: entries.filter((entry) => entry !== "") };
};

/** One id where a list belongs. */
export const one: Read = (value) => {
  if (value === "") return { why: "it is empty" };
  return typeof value === "string" || typeof value === "number" ? { value: [value] } : undefined;
};

/** Where an app's credentials are kept under a name: the variable of that name. */
export const variable: Read = (value) =>
  typeof value === "string" && !value.startsWith("${")
    ? { value: { source: "env", id: value }, said: "the environment variable of that name" }
    : { value };

export const file: Read = (value) =>
  typeof value === "string"
    ? { value: { source: "file", path: value }, said: "what that file holds" }
    : undefined;

/** The SDK is given the whole address of the endpoint that opens a connection. */
export const apiAddress: Read = (value) =>
  typeof value === "string"
    ? { value: value.replace(/\/v1\.0\/gateway\/connections\/open\/*$/, "") }
    : undefined;

export const localPort: Read = (value) => {
  const port = Number(value);
  const valid = /^\d+$/.test(String(value)) && port > 0 && port < 65_536;
  return valid ? said(`http://127.0.0.1:${port}`) : undefined;
};

export const debugLevel: Read = (value) => {
  const on = boolean(value);
  if (on === undefined) return undefined;
  return on ? said("debug") : { why: 'log.level is "info" unless it is set' };
};

/** A reaction is there by default; where it is only switched on, ours stays. */
export const reactionSwitch: Read = (value) => {
  const on = boolean(value);
  if (on === undefined) return undefined;
  return on ? { why: "the reaction is there unless reply.reaction says otherwise" } : said("");
};

export const reaction: Read = (value) => {
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (text === "emoji" || text === "kaomoji")
    return { why: "reactions are not chosen by mood: reply.reaction is one text for all messages" };
  return text === "off" || text === "none" ? said("") : { value: text };
};

/** There it is the words of a message of its own; here the answer itself mentions. */
export const mentionText: Read = (value) => {
  const on = typeof value === "string" ? value.trim() !== "" : boolean(value);
  if (on === undefined) return undefined;
  return { value: on, said: on ? "true, without a message of its own" : "false" };
};

export const hosts: Read = (value) => {
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === "string")) return undefined;
  const kept = value.filter(isHostPattern);
  const lost = value.length - kept.length;
  const dropped =
    lost === 0
      ? ""
      : `; left out: ${lost} that ${lost === 1 ? "is no host" : "are no hosts"}, like ranges of addresses`;
  return {
    value: kept,
    said: `hosts that may have private addresses, while files from public ones are always taken${dropped}`,
    understood: true,
  };
};

/** Some files hold the number DingTalk gave the app under the name of our agent. */
export const appNumber: Read = (value) =>
  /^\d{6,}$/.test(String(value))
    ? {
        why: "it looks like the app's AgentId in DingTalk, which is not needed; here agentId is an agent of OpenClaw",
      }
    : "later";
