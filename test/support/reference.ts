import type * as v from "valibot";
import type { AccountConfig } from "../../src/core/config/schema.ts";
import { ENVIRONMENT } from "../../src/core/config/schema.ts";
import { ACCOUNT, WORKER, type Shape } from "../../src/core/config/shape.ts";
import { changeOf, type Change } from "../../src/wiring/changes.ts";
import { jsonSchemaOf, type Json } from "./json-schema.ts";
import { SECTIONS, type Meaning, type Meanings, type Words } from "./reference-meanings.ts";

export type Language = keyof Words;

/** A key as its schema has it. */
export interface Key {
  /** "gateway.url", "groups.*.agentId"; what all three roles have stands under "roles.*". */
  readonly path: string;
  readonly level: "account" | "worker";
  /** What files may hold. */
  readonly type: Json;
  readonly default: unknown;
  readonly optional: boolean;
}

/** Every key of a configuration, by path. */
export function keysOf(account: Shape = ACCOUNT, worker: Shape = WORKER): ReadonlyMap<string, Key> {
  const keys = new Map<string, Key>();
  const walk = (shape: Shape, level: Key["level"], path: readonly string[]): void => {
    if (shape.kind === "leaf") {
      const { type, default: usual } = shape.schema as v.GenericSchema & { default?: unknown };
      const joined = path.join(".").replace(/^roles\.(?:owner|member|guest)\./, "roles.*.");
      const key: Key = {
        path: joined,
        level,
        type: jsonSchemaOf(shape, (schema) => schema),
        default: usual,
        optional: type === "optional",
      };
      keys.set(joined, key);
      return;
    }
    const inner = shape.kind === "record" ? [["*", shape.of] as const] : [...shape.entries];
    for (const [name, of] of inner) walk(of, level, [...path, name]);
  };
  walk(account, "account", []);
  walk(worker, "worker", []);
  return keys;
}

/** Where the keys and what is said about them do not agree: a line each. */
export function disagreements(
  keys: ReadonlyMap<string, Key> = keysOf(),
  sections: Readonly<Record<string, Meanings>> = SECTIONS,
): string[] {
  const told = Object.values(sections).flatMap((meanings) => Object.entries(meanings));
  const times = Map.groupBy(told, ([path]) => path);
  return [
    ...[...keys.keys()]
      .filter((path) => !times.has(path))
      .map((path) => `${path}: has no meaning in test/support/reference-*.ts`),
    ...[...times.keys()]
      .filter((path) => !keys.has(path))
      .map((path) => `${path}: has a meaning, but is no key of the configuration`),
    ...[...times]
      .filter(([, all]) => all.length > 1)
      .map(([path]) => `${path}: has more than one meaning`),
    ...told
      .filter(([, { en, zh }]) => en.trim() === "" || zh.trim() === "")
      .map(([path]) => `${path}: a language is missing`),
  ];
}

/** The page with its tables as they should be. Throws where a mark or a section is missing. */
export function filled(page: string, language: Language): string {
  const keys = keysOf();
  let text = page;
  for (const [name, meanings] of Object.entries(SECTIONS)) {
    const marks = new RegExp(`(<!-- keys: ${name} -->\n)[^]*?(<!-- end -->)`);
    if (!marks.test(text))
      throw new Error(`the mark <!-- keys: ${name} --> … <!-- end --> is missing`);
    const table = sectionOf(meanings, keys, language);
    text = text.replace(marks, (_, begin: string, end: string) => `${begin}\n${table}\n\n${end}`);
  }
  const stray = [...text.matchAll(/<!-- keys: (\S+) -->/g)].find(
    ([, name = ""]) => !(name in SECTIONS),
  );
  if (stray !== undefined) throw new Error(`there is no section for the mark ${stray[0]}`);
  return text;
}

/** How wide a column is says nothing. */
export const withoutPadding = (page: string): string =>
  page.replace(/-{3,}/g, "---").replace(/ {2,}/g, " ");

const HEADS = {
  key: { en: "Key", zh: "字段" },
  variable: { en: "Environment variable", zh: "环境变量" },
  default: { en: "Default", zh: "默认值" },
  values: { en: "Values", zh: "取值" },
  meaning: { en: "Meaning", zh: "含义" },
} as const satisfies Readonly<Record<string, Words>>;

function sectionOf(meanings: Meanings, keys: ReadonlyMap<string, Key>, language: Language): string {
  const entries = Object.entries(meanings).map(([path, meaning]) => {
    const key = keys.get(path);
    if (key === undefined) throw new Error(`${path} is no key of the configuration`);
    return { key, meaning };
  });
  const hasVariables = entries.some(({ key }) => variableOf(key.path) !== undefined);
  const rows = [
    [
      HEADS.key[language],
      ...(hasVariables ? [HEADS.variable[language]] : []),
      HEADS.default[language],
      HEADS.values[language],
      HEADS.meaning[language],
    ],
    ...entries.map(({ key, meaning }) => [
      code(shownPath(key.path)),
      ...(hasVariables ? [codeOr(variableOf(key.path))] : []),
      defaultOf(key, meaning, language),
      valuesOf(key, meaning, language),
      meaning[language],
    ]),
  ].map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
  const [head = "", ...others] = rows;
  const columns = hasVariables ? 5 : 4;
  const line = `|${" --- |".repeat(columns)}`;
  return [
    head,
    line,
    ...others,
    "",
    effectsOf(
      entries.map(({ key }) => key),
      language,
    ),
  ].join("\n");
}

const shownPath = (path: string) =>
  path
    .replace(/^groups\.\*/, "groups.<id>")
    .replace(/^users\.\*/, "users.<id>")
    .replace(/^roles\.\*/, "roles.<role>");

const variableOf = (path: string) =>
  Object.entries(ENVIRONMENT).find(([, key]) => key === path)?.[0];

const code = (text: string) => `\`${text}\``;
const codeOr = (text: string | undefined) => (text === undefined ? "–" : code(text));

const REQUIRED: Words = { en: "required", zh: "必填" };

function defaultOf(key: Key, meaning: Meaning, language: Language): string {
  if (meaning.default !== undefined) return meaning.default[language];
  if (!key.optional) return REQUIRED[language];
  // Nobody knows what happens then, so a meaning must say it.
  if (key.default === undefined) throw new Error(`${key.path}: say what its default is`);
  return code(typeof key.default === "string" ? key.default : JSON.stringify(key.default));
}

const UNITS: readonly (readonly [RegExp, Words])[] = [
  [/Ms$/, { en: " ms", zh: " 毫秒" }],
  [/Mb$/, { en: " MB", zh: " MB" }],
];
const TEXT: Words = { en: "text", zh: "文字" };
const LIST: Words = { en: "list of ", zh: "列表：" };

/** In words, from the type. */
function valuesOf({ path, type }: Key, meaning: Meaning, language: Language): string {
  if (meaning.values !== undefined) return meaning.values[language];
  const items = type["items"] as Json | undefined;
  const words = (items ?? type)["enum"] as readonly unknown[] | undefined;
  if (words !== undefined) {
    // "true" as text stands for true.
    const listed = [...new Set(words.map(String))].map(code).join(", ");
    return items === undefined ? listed : `${LIST[language]}${listed}`;
  }
  const { minimum, maximum } = type;
  if (typeof minimum !== "number" || typeof maximum !== "number") return TEXT[language];
  const unit = UNITS.find(([name]) => name.test(path))?.[1][language] ?? "";
  return `${minimum} – ${maximum}${unit}`;
}

type Effect = Exclude<Change, "nothing"> | "now" | "restart" | "gateway";

const EFFECTS: Readonly<Record<Effect, Words>> = {
  access: { en: "with the next message", zh: "下一条消息起生效" },
  works: { en: "at once, and the connection stays", zh: "立即生效，连接不断" },
  links: { en: "at once, over a new connection", zh: "立即生效，重新连接" },
  now: { en: "at once", zh: "立即生效" },
  restart: { en: "with the next start", zh: "下次启动时生效" },
  gateway: { en: "when the gateway starts next", zh: "网关下次启动时生效" },
};

/** What of the worker's own keys is not left to the next start. */
const OF_WORKER: Readonly<Record<string, Effect>> = { "log.level": "now", autostart: "gateway" };

function effectOf({ level, path }: Key): Effect {
  if (level === "worker") return OF_WORKER[path] ?? "restart";
  // An account that is switched on or off begins or ends: its keys are not compared.
  const top = path === "enabled" ? "clientId" : (path.split(".")[0] ?? "");
  const holding = (value: string) => ({ [top]: value }) as unknown as AccountConfig;
  const change = changeOf(holding("before"), holding("after"));
  if (change === "nothing") throw new Error(`${path}: a change of it counts for nothing`);
  return change;
}

const SENTENCE: Words = { en: "A change", zh: "修改" };
const OF: Words = { en: " of ", zh: " " };
const COUNTS: Words = { en: " counts ", zh: " 后" };
const AFTERWARDS: Words = { en: " counts ", zh: "后" };
const COMMA: Words = { en: ", ", zh: "、" };
const OTHERS: Words = { en: "; of the others, ", zh: "；修改其他字段后" };
const STOP: Words = { en: ".", zh: "。" };
const SEMICOLON: Words = { en: ";", zh: "；修改" };

/** When a change counts, in one line: the commonest case is said last, and of no key by name. */
function effectsOf(keys: readonly Key[], language: Language): string {
  const byEffect = [...Map.groupBy(keys, effectOf)].toSorted(
    ([, one], [, other]) => one.length - other.length,
  );
  const rest = byEffect.at(-1);
  const named = byEffect.slice(0, -1).map(([effect, of]) => {
    const names = of.map(({ path }) => code(shownPath(path))).join(COMMA[language]);
    return `${OF[language]}${names}${COUNTS[language]}${EFFECTS[effect][language]}`;
  });
  const last = rest === undefined ? "" : EFFECTS[rest[0]][language];
  const others = named.length === 0 ? AFTERWARDS[language] : OTHERS[language];
  return `${SENTENCE[language]}${named.join(SEMICOLON[language])}${others}${last}${STOP[language]}`;
}
