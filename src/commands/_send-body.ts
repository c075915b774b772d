import { resolve } from "node:path";
import { parseJson } from "../core/json.ts";
import { EXIT, UserError } from "../host/exit.ts";

/** What `dingbridge send` is asked to send, as it stands on the command line. */
export interface SendArguments {
  readonly to?: readonly string[] | undefined;
  readonly markdown?: string | undefined;
  readonly text?: string | undefined;
  readonly image?: string | undefined;
  readonly file?: string | undefined;
  readonly audio?: string | undefined;
  readonly video?: string | undefined;
  /** JSON: an object as the HTTP API takes it; what other options say goes before. */
  readonly message?: string | undefined;
  readonly name?: string | undefined;
  readonly at?: readonly string[] | undefined;
  readonly "at-all"?: boolean | undefined;
  readonly key?: string | undefined;
  /** The robot that sends it, by its id. */
  readonly account?: string | undefined;
}

const WORDS = ["markdown", "text"] as const;
const FILES = ["image", "file", "audio", "video"] as const;
const CONTENTS = [...WORDS, ...FILES, "message"] as const;
const ALL = CONTENTS.map((name) => `--${name}`).join(", ");

/**
 * The body of `POST /v1/messages`. `readInput` gives what stands on standard input; undefined: a terminal
 * is there, and nobody will type. Throws `UserError` for what makes no sense; what the worker can judge it
 * does.
 */
export async function bodyOf(
  given: SendArguments,
  readInput: () => Promise<string | undefined>,
): Promise<Record<string, unknown>> {
  const contents = CONTENTS.filter((name) => given[name] !== undefined);
  if (contents.length > 1) throw wrong(`expected only one of ${ALL}`);
  const [content = "markdown"] = contents;
  const written = given[content] ?? "-";
  const isFile = FILES.some((name) => name === content);
  if (given.name !== undefined && !isFile) {
    throw wrong("--name goes with --image, --file, --audio or --video");
  }
  const value = written === "-" && !isFile ? await readInput() : written;
  if (value === undefined || value.trim() === "") {
    throw wrong(`nothing to send: expected one of ${ALL}, or text on standard input`);
  }
  const at = {
    ...(given.at === undefined ? {} : { userIds: given.at }),
    ...(given["at-all"] === true ? { all: true } : {}),
  };
  const body = {
    ...(content === "message"
      ? objectIn(value)
      : { [content]: isFile ? fileOf(value, given.name) : value }),
    ...(given.to === undefined ? {} : { to: given.to }),
    ...(Object.keys(at).length > 0 ? { at } : {}),
    ...(given.key === undefined ? {} : { idempotencyKey: given.key }),
    ...(given.account === undefined ? {} : { account: given.account }),
  };
  if (!("to" in body)) throw wrong("--to is missing: expected --to user:<id> or --to group:<id>");
  return body;
}

function objectIn(text: string): Record<string, unknown> {
  const json = parseJson(text);
  if (typeof json === "object" && json !== null && !Array.isArray(json)) {
    return json as Record<string, unknown>;
  }
  throw wrong('--message: expected a JSON object like {"link": {…}}');
}

/** An address, a media id, or a file of this machine: the worker may run in another folder. */
function fileOf(source: string, name: string | undefined) {
  const from = /^https?:\/\//i.test(source)
    ? { url: source }
    : /^[@$]/.test(source)
      ? { mediaId: source }
      : { path: resolve(source) };
  return { ...from, ...(name === undefined ? {} : { name }) };
}

const wrong = (reason: string) => new UserError(reason, EXIT.usage);
