export type Fields = Readonly<Record<string, unknown>>;

/**
 * Where the core says what happens. Messages are constant text, what varies goes into `fields`.
 * Never a secret, ticket or token at any level; no message text at info or above.
 */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** The same log, with these fields in every line. */
  with(fields: Fields): Log;
  /** A log for one part of the program: its name joins the category. */
  child(name: string): Log;
}

/** One line that says what went wrong, causes included, never a stack. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as { code?: unknown }).code;
  const own =
    error.message ||
    (typeof code === "string" || typeof code === "number" ? String(code) : error.name);
  const inner =
    error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error.cause;
  if (inner === undefined || inner === error) return own;
  const deeper = reasonOf(inner);
  return deeper === "" || own.includes(deeper) ? own : `${own}: ${deeper}`;
}
