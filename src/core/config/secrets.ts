/** Where references point to. */
export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A file's text. Throws if it cannot be read. */
  readonly readFile: (path: string) => string;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export type Expanded =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: string };

/**
 * A secret as people write it in OpenClaw's file: the value itself, `"${NAME}"`,
 * `{source: "env", id: "NAME"}` or `{source: "file", path: "/run/secrets/x"}`. Anything that is none of
 * these is handed on for the schema to refuse. Reasons name the variable or file, never a value.
 */
export function expandSecret(value: unknown, sources: SecretSources): Expanded {
  if (typeof value === "string") {
    const name = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(value.trim())?.[1];
    return name === undefined ? { ok: true, value } : fromEnv(name, sources);
  }
  if (typeof value !== "object" || value === null || !("source" in value))
    return { ok: true, value };
  const { source, id, name, path } = value as Record<string, unknown>;
  if (source === "env") {
    const variable = id ?? name;
    // What is no variable's name may be the secret itself, and the reason would name it.
    return typeof variable === "string" && NAME.test(variable)
      ? fromEnv(variable, sources)
      : { ok: false, reason: 'expected {source: "env", id: "VARIABLE_NAME"}' };
  }
  if (source === "file") {
    const file = path ?? id;
    return typeof file === "string" && !/[\r\n]/.test(file)
      ? fromFile(file, sources)
      : { ok: false, reason: 'expected {source: "file", path: "/path/to/secret"}' };
  }
  return {
    ok: false,
    reason: `${
      source === "exec" ? "dingbridge runs no command for a secret, so this source" : "this source"
    } cannot be resolved here: use a string, "\${ENV_NAME}", {source: "env", id} or {source: "file", path}`,
  };
}

function fromEnv(name: string, { env }: SecretSources): Expanded {
  const value = env[name];
  return value === undefined || value === ""
    ? { ok: false, reason: `the environment variable ${name} is not set` }
    : { ok: true, value };
}

function fromFile(path: string, { readFile }: SecretSources): Expanded {
  try {
    return { ok: true, value: readFile(path).trim() };
  } catch {
    return { ok: false, reason: `the file ${path} cannot be read` };
  }
}
