import type { Note } from "../core/config/model.ts";
import { finding, type Finding } from "./codes.ts";

/** What is looked at of what `readConfiguration` gives. */
export interface Loaded {
  readonly path: string | undefined;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly notes: readonly Note[];
  readonly unconfigured: boolean;
  readonly disabled: boolean;
}

/** A file that may hold secrets. */
export interface SecretFile {
  readonly path: string;
  /** Permission bits; undefined: there is no such thing here. */
  readonly mode: number | undefined;
  readonly holdsSecret: boolean;
}

/** Group and others. */
const OTHERS = 0o077;
const READ_BY_OTHERS = 0o044;

export function configurationFindings(
  loaded: Loaded,
  files: readonly SecretFile[],
): readonly Finding[] {
  return [...fileAndValues(loaded), ...keys(loaded), ...modes(files)];
}

function fileAndValues({ path, problems, unconfigured, disabled }: Loaded): Finding[] {
  // Nobody has configured anything: each key that is missing is no news.
  if (unconfigured && !disabled) {
    return [finding("DB101", "none"), finding("DB102", "none")];
  }
  const isOfFile = (problem: string) => path !== undefined && problem.startsWith(`${path}: `);
  const unreadable = problems.filter(isOfFile);
  if (unreadable.length > 0) {
    return [
      ...unreadable.map((said) => finding("DB101", "unreadable", { said })),
      finding("DB102", "unread"),
    ];
  }
  const file =
    path === undefined ? finding("DB101", "environment") : finding("DB101", "found", { path });
  if (disabled) return [file, finding("DB102", "disabled")];
  return problems.length === 0
    ? [file, finding("DB102", "valid")]
    : [file, ...problems.map((said) => finding("DB102", "problem", { said }))];
}

function keys({ path, problems, warnings, notes }: Loaded): Finding[] {
  const isUnread = path !== undefined && problems.some((said) => said.startsWith(`${path}: `));
  if (isUnread && notes.length === 0) return [finding("DB103", "unread")];
  const ignored = notes.filter(
    ({ kind, path: key }) => kind === "ignored" && !warnings.some((said) => said.includes(key)),
  );
  const found = [
    ...warnings.map((said) => finding("DB103", "warning", { said })),
    ...(ignored.length === 0
      ? []
      : [finding("DB103", "ignored", { keys: ignored.map(({ path: key }) => key).join(", ") })]),
  ];
  return found.length > 0 ? found : [finding("DB103", path === undefined ? "unread" : "none")];
}

function modes(files: readonly SecretFile[]): Finding[] {
  const known = files.filter(({ mode }) => mode !== undefined);
  if (known.length === 0) return [finding("DB104", "unknown")];
  const open = known.filter(
    ({ mode = 0, holdsSecret }) => holdsSecret && (mode & READ_BY_OTHERS) !== 0,
  );
  return open.length === 0
    ? [finding("DB104", "closed")]
    : open.map(({ path, mode = 0 }) => finding("DB104", "open", { path, mode: octal(mode) }));
}

export const octal = (mode: number): string => (mode & 0o777).toString(8).padStart(3, "0");

export const isOpenToOthers = (mode: number): boolean => (mode & OTHERS) !== 0;
