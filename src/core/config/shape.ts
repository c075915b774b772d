import type * as v from "valibot";
import { AccountSchema, WorkerSchema } from "./schema.ts";

/** A schema as a tree of keys. A leaf's schema has its default, and takes undefined if there is one. */
export type Shape =
  | { readonly kind: "leaf"; readonly schema: v.GenericSchema }
  | {
      readonly kind: "group";
      readonly entries: ReadonlyMap<string, Shape>;
      readonly expected: string;
    }
  /** Any key, all with the same below it. */
  | { readonly kind: "record"; readonly of: Shape; readonly expected: string };

/** From the top of a block to one key. Ids in it may hold dots. */
export type Path = readonly string[];

interface Inside {
  readonly type?: unknown;
  readonly entries?: Readonly<Record<string, v.GenericSchema>>;
  readonly value?: v.GenericSchema;
  readonly wrapped?: v.GenericSchema;
  readonly message?: unknown;
}

export function shapeOf(schema: v.GenericSchema): Shape {
  let inside = schema as Inside;
  while (inside.wrapped !== undefined) inside = inside.wrapped;
  const { type, entries, value, message } = inside;
  const expected = typeof message === "string" ? message : "expected an object";
  if (entries !== undefined) {
    return {
      kind: "group",
      entries: new Map(Object.entries(entries).map(([key, inner]) => [key, shapeOf(inner)])),
      expected,
    };
  }
  if (type === "record" && value !== undefined) {
    return { kind: "record", of: shapeOf(value), expected };
  }
  return { kind: "leaf", schema };
}

export const ACCOUNT = shapeOf(AccountSchema);
export const WORKER = shapeOf(WorkerSchema);

/** What may stand under `channels.dingtalk`, but for `accounts`. */
export const BLOCK: Shape = {
  kind: "group",
  entries: new Map([...entriesOf(ACCOUNT), ...entriesOf(WORKER)]),
  expected: "expected an object",
};

export function entriesOf(shape: Shape): ReadonlyMap<string, Shape> {
  return shape.kind === "group" ? shape.entries : new Map();
}

/** What may stand under a key; undefined: nothing has this name. */
export function below(shape: Shape, key: string): Shape | undefined {
  return shape.kind === "record" ? shape.of : entriesOf(shape).get(key);
}

/** With dots between. A key that would look like several, or break the line, is shown in quotes. */
export function dotted(path: Path): string {
  return path.map((key) => (/^[^\s."]+$/.test(key) ? key : JSON.stringify(key))).join(".");
}
