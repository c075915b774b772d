import type { Machine } from "../../../src/service/machine.ts";

/**
 * How systemd reads what a unit says, after systemd.syntax(7) and systemd.unit(5): written anew here, so
 * that a mistake in the writing is not one in the reading too.
 */
export function settings(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    if (line.startsWith("#") || line.startsWith("[") || line.trim() === "") continue;
    const at = line.indexOf("=");
    const [name, value] = [line.slice(0, at), line.slice(at + 1).trim()];
    found.set(name, [...(found.get(name) ?? []), value]);
  }
  return found;
}

/** Quoted words, with backslashes and specifiers resolved; no variables, as behind the prefix ":". */
export function words(value: string): string[] {
  const read: string[] = [];
  let at = 0;
  while (at < value.length) {
    if (value[at] === " ") {
      at++;
      continue;
    }
    if (value[at] !== '"') throw new Error(`not quoted: ${value.slice(at)}`);
    let word = "";
    for (at++; value[at] !== '"'; at++) {
      if (at >= value.length) throw new Error(`no end: ${value}`);
      if (value[at] === "\\") {
        at++;
        if (value[at] !== "\\" && value[at] !== '"') throw new Error(`unknown escape: ${value}`);
      }
      word += value[at];
    }
    at++;
    if (at < value.length && value[at] !== " ") throw new Error(`goes on after a quote: ${value}`);
    read.push(specified(word));
  }
  return read;
}

/** "%%" is a percent sign, any other "%" would be replaced by something. */
export function specified(value: string): string {
  return value.replaceAll(/%(.?)/g, (_all, next: string) => {
    if (next !== "%") throw new Error(`a specifier: %${next}`);
    return "%";
  });
}

/** What glob(7) makes of a pattern without wildcards; throws if there is one. */
export function globbed(value: string): string {
  return value.replaceAll(/\\(.)|[*?[]/g, (all, escaped: string | undefined) => {
    if (escaped === undefined) throw new Error(`a wildcard: ${all}`);
    return escaped;
  });
}

/** A machine that notes what is run and said there. */
export function fakeMachine(options: Partial<Machine> & { readonly codes?: readonly number[] }) {
  const ran: string[] = [];
  const printed: string[] = [];
  const complaints: string[] = [];
  const codes = [...(options.codes ?? [])];
  const users = new Set<string>();
  const machine: Machine = {
    root: "/opt/dingbridge",
    runtime: "bun",
    program: "/usr/local/bin/bun",
    binary: undefined,
    env: { XDG_RUNTIME_DIR: "/run/user/1000" },
    home: "/home/ming",
    user: "ming",
    systemUnits: "/etc/systemd/system",
    hasSystemd: true,
    systemdVersion: 255,
    lingers: false,
    uidOf: (user) => (users.has(user) ? 990 : undefined),
    run(command) {
      ran.push(command.join(" "));
      const code = codes.shift() ?? 0;
      if (command[0] === "useradd" && code === 0) users.add(command.at(-1) ?? "");
      return code;
    },
    print: (line) => void printed.push(line),
    complain: (line) => void complaints.push(line),
    ...options,
  };
  return { machine, ran, printed, complaints };
}
