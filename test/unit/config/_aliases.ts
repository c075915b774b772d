import type { Note, Tree } from "../../../src/core/config/model.ts";
import { canonical } from "../../../src/core/config/aliases.ts";
import { AccountSchema, WorkerSchema } from "../../../src/core/config/schema.ts";

interface Schema {
  readonly entries?: Readonly<Record<string, unknown>>;
  readonly wrapped?: unknown;
  readonly value?: unknown;
  readonly type?: string;
}

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function unwrapped(schema: unknown): Schema {
  const { entries, wrapped } = schema as Schema;
  return entries === undefined && wrapped !== undefined ? unwrapped(wrapped) : (schema as Schema);
}

function strangers(tree: Tree, schemas: readonly unknown[], prefix: string): string[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const path = `${prefix}${key}`;
    const found = schemas.map(unwrapped).flatMap(({ type, entries, value: each }) => {
      if (type === "record") return [each];
      const entry = entries !== undefined && Object.hasOwn(entries, key) ? [entries[key]] : [];
      return entry;
    });
    if (found.length === 0) return [path];
    const inner = found.map(unwrapped).filter(({ type }) => type === "object" || type === "record");
    return isTree(value) && inner.length > 0 ? strangers(value, inner, `${path}.`) : [];
  });
}

/** Dotted paths of what no schema knows. */
export function unknownKeys({ accounts, ...top }: Tree): string[] {
  const each = isTree(accounts) ? Object.entries(accounts) : [];
  return [
    ...strangers(top, [AccountSchema, WorkerSchema], ""),
    ...each.flatMap(([id, account]) =>
      isTree(account) ? strangers(account, [AccountSchema], `accounts.${id}.`) : [],
    ),
  ];
}

/** One note as a line. */
export const line = ({ kind, path, text }: Note) => `${kind} ${path}: ${text}`;

/** The block, and the notes as lines. */
export function translated(block: Tree, channel?: string): { block: Tree; notes: string[] } {
  const result = canonical(block, channel);
  return { block: result.block, notes: result.notes.map(line) };
}
