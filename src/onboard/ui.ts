import process from "node:process";
import { confirm, intro, isCancel, log, outro, password, select, text } from "@clack/prompts";
import { renderUnicodeCompact } from "uqr";

export interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly hint?: string;
}

/** What stands beside questions. */
interface Words {
  readonly yes: string;
  readonly no: string;
  /** The keys that choose. */
  readonly keys: string;
}

/** Whoever sits there. Questions reject with `Cancelled` on Ctrl+C and Esc. */
export interface Ui {
  /** Questions can be asked. */
  readonly isInteractive: boolean;
  open(title: string): void;
  close(text: string): void;
  say(text: string): void;
  good(text: string): void;
  warn(text: string): void;
  bad(text: string): void;
  /** As it is, without any decoration: to be copied. */
  plain(text: string): void;
  /** An address as a QR code, where it fits. */
  qr(url: string): void;
  choose<T extends string>(question: string, choices: readonly Choice<T>[], usual: T): Promise<T>;
  agree(question: string, usual: boolean): Promise<boolean>;
  ask(
    question: string,
    usual: string,
    check: (answer: string) => string | undefined,
  ): Promise<string>;
  /** What is typed is not shown. */
  askSecret(question: string, check: (answer: string) => string | undefined): Promise<string>;
}

/** Asked to stop. */
export class Cancelled extends Error {
  override readonly name = "Cancelled";
}

/** An answer is needed and nobody can be asked: `what` are the options that would give it. */
export class MissingAnswer extends Error {
  override readonly name = "MissingAnswer";
  readonly what: readonly string[];
  constructor(what: readonly string[]) {
    super(what.join(", "));
    this.what = what;
  }
}

/** Set up no further; `text` is for people and ends the run. */
export class GivenUp extends Error {
  override readonly name = "GivenUp";
}

/** @param output where people read; standard output may belong to a program. */
export function createUi(options: {
  readonly output: NodeJS.WriteStream;
  readonly ask: boolean;
  readonly words: Words;
}): Ui {
  const { output, words } = options;
  const isInteractive = options.ask && process.stdin.isTTY && output.isTTY;
  return isInteractive ? terminal(output, words) : lines(output);
}

/**
 * A QR code as text, two rows a line: its light parts are the drawn ones, so that it is light on dark in any
 * colours. Undefined: it is wider than the terminal.
 */
export function qrOf(url: string, output: { readonly isTTY: boolean; readonly columns?: number }) {
  const rows = renderUnicodeCompact(url, { border: 2 }).split("\n");
  const width = rows[0]?.length ?? 0;
  if (width > (output.columns ?? Infinity)) return undefined;
  return rows.map((row) => (output.isTTY ? `\u001B[97;40m${row}\u001B[0m` : row)).join("\n");
}

function terminal(output: NodeJS.WriteStream, { yes, no, keys }: Words): Ui {
  const answered = async <T>(
    question: (signal: AbortSignal) => Promise<T>,
  ): Promise<Exclude<T, symbol>> => {
    const { stdin } = process;
    const stop = new AbortController();
    const end = () => stop.abort();
    // clack knows nothing of Ctrl+D: readline closes, and the question would be open for good.
    const onKey = (_text: unknown, key?: { readonly ctrl?: boolean; readonly name?: string }) => {
      if (key?.ctrl === true && key.name === "d") end();
    };
    stdin.on("keypress", onKey);
    stdin.on("end", end);
    try {
      const value = await question(stop.signal);
      if (isCancel(value)) throw new Cancelled();
      return value as Exclude<T, symbol>;
    } finally {
      stdin.off("keypress", onKey);
      stdin.off("end", end);
    }
  };
  const trimmed = (check: (answer: string) => string | undefined) => (answer: string | undefined) =>
    check((answer ?? "").trim());
  return {
    isInteractive: true,
    open: (title) => intro(title, { output }),
    close: (text) => outro(text, { output }),
    say: (text) => log.message(text, { output }),
    good: (text) => log.success(text, { output }),
    warn: (text) => log.warn(text, { output }),
    bad: (text) => log.error(text, { output }),
    plain: (text) => void output.write(`${text}\n`),
    qr: (url) => void output.write(`\n${qrOf(url, output) ?? ""}\n`),
    async choose(message, choices, usual) {
      const options = choices.map((choice) => ({ ...choice }));
      // clack's own type tells values that are strings from others, and T may be either to it.
      const question = (signal: AbortSignal) =>
        select<string>({
          message: `${message} ${keys}`,
          options,
          initialValue: usual,
          // They are in English.
          showInstructions: false,
          output,
          signal,
        });
      return (await answered(question)) as typeof usual;
    },
    agree: async (message, usual) =>
      await answered((signal) =>
        confirm({ message, initialValue: usual, active: yes, inactive: no, output, signal }),
      ),
    async ask(message, usual, check) {
      const validate = trimmed((answer) => check(answer === "" ? usual : answer));
      const shown = usual === "" ? {} : { placeholder: usual, defaultValue: usual };
      const answer = await answered((signal) =>
        text({ message, ...shown, validate, output, signal }),
      );
      return answer.trim();
    },
    async askSecret(message, check) {
      const validate = trimmed(check);
      const answer = await answered((signal) => password({ message, validate, output, signal }));
      return answer.trim();
    },
  };
}

/** Nobody is asked: what is usual is taken, and what is needed is missing. */
function lines(output: NodeJS.WriteStream): Ui {
  const line = (text: string) => void output.write(`${text}\n`);
  return {
    isInteractive: false,
    open: line,
    close: line,
    say: line,
    good: (text) => line(`✓ ${text}`),
    warn: (text) => line(`! ${text}`),
    bad: (text) => line(`✗ ${text}`),
    plain: line,
    // Somebody may look at it all the same, on the console of a container.
    qr: (url) => line(qrOf(url, output) ?? ""),
    choose: (_question, _choices, usual) => Promise.resolve(usual),
    agree: (_question, usual) => Promise.resolve(usual),
    ask: (question) => Promise.reject(new MissingAnswer([question])),
    askSecret: (question) => Promise.reject(new MissingAnswer([question])),
  };
}
