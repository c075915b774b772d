/** Why a path or word cannot stand in a unit file. */
export class UnwritableError extends Error {
  override readonly name = "UnwritableError";
}

/**
 * A word of `Environment=`, or of a command line with the prefix ":", which keeps systemd from replacing
 * `$NAME`. Without that prefix no program could have a "$" in its path: "$$" counts in arguments only.
 * @see systemd.service(5), "Command lines"; systemd.syntax(7), "Quoting"
 */
export function word(text: string): string {
  const quoted = check(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  return `"${specifiers(quoted)}"`;
}

/** A command line: the program, which systemd lets have no quotes and backslashes, and its arguments. */
export function commandLine([program = "", ...args]: readonly string[]): string {
  if (/["'\\]/.test(program)) {
    throw new UnwritableError(
      `systemd runs no program with a quote or backslash in its path: ${program}`,
    );
  }
  return `:${[program, ...args].map(word).join(" ")}`;
}

/** The whole value of `WorkingDirectory=`, which knows no quotes. */
export function lonePath(path: string): string {
  if (/[\s\\]$/.test(path)) throw new UnwritableError(`a unit file cannot name ${path}: its end`);
  return specifiers(check(path));
}

/** The whole value of `EnvironmentFile=`: no quotes either, and systemd takes it for a pattern. */
export function patternPath(path: string): string {
  return lonePath(path.replaceAll(/[\\*?[]/g, String.raw`\$&`));
}

/** A word of `ReadWritePaths=` and its like, where quotes count but backslashes stand for themselves. */
export function listedPath(path: string): string {
  if (/["'\\]/.test(path)) {
    throw new UnwritableError(`a unit file cannot list ${path}: the quote or backslash`);
  }
  // "-": it may not be there.
  return word(`-${path}`);
}

/** `%` begins a specifier everywhere in a unit file. */
const specifiers = (text: string) => text.replaceAll("%", "%%");

function check(text: string): string {
  // A line break would begin a setting of its own.
  if (/\p{Cc}/u.test(text)) {
    throw new UnwritableError(
      `a unit file cannot hold control characters: ${JSON.stringify(text)}`,
    );
  }
  return text;
}
