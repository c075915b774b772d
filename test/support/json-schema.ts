import type { Shape } from "../../src/core/config/shape.ts";

/** A JSON schema. */
export type Json = { readonly [keyword: string]: unknown };

/** What of a valibot schema is looked at here. */
interface Inside {
  readonly type: string;
  readonly kind?: string;
  readonly pipe?: readonly Inside[];
  readonly wrapped?: Inside;
  readonly options?: readonly unknown[];
  readonly item?: Inside;
  readonly requirement?: unknown;
}

/**
 * What files may hold, as a JSON schema: what the configuration's schemas take in, not what they make of
 * it. Every key is optional and every other key is allowed, as for the loader, which sees more than one
 * file and has more to say about keys it does not know. No defaults: OpenClaw would write them down.
 * @param change has the last word about a key.
 */
export function jsonSchemaOf(
  shape: Shape,
  change: (schema: Json, key: string, path: string) => Json,
  path = "",
): Json {
  if (shape.kind === "leaf") return leaf(shape.schema, []);
  const inner = (key: string, of: Shape) => {
    const below = path === "" ? key : `${path}.${key}`;
    return change(jsonSchemaOf(of, change, below), key, below);
  };
  if (shape.kind === "record") {
    return { type: "object", additionalProperties: inner("*", shape.of) };
  }
  const properties = Object.fromEntries(
    [...shape.entries].map(([key, of]) => [key, inner(key, of)]),
  );
  return { type: "object", properties, additionalProperties: true };
}

/** @param rules what comes after this schema in the pipes around it. */
function leaf(schema: Inside, rules: readonly Inside[]): Json {
  if (schema.pipe !== undefined) {
    const [first, ...rest] = schema.pipe;
    if (first === undefined) throw new Error("an empty pipe");
    return leaf(first, [...rest, ...rules]);
  }
  switch (schema.type) {
    case "optional":
      return leaf(inside(schema.wrapped), rules);
    case "union":
      return either((schema.options as readonly Inside[]).map((option) => leaf(option, rules)));
    case "picklist":
      return { enum: schema.options };
    case "boolean":
      return { type: "boolean", enum: [true, false] };
    case "array":
      return { type: "array", items: leaf(inside(schema.item), []) };
    case "number":
      return { type: "number", ...limits(rules) };
    case "string":
      return { type: "string", ...pattern(rules) };
    default:
      throw new Error(`no JSON schema for ${schema.type}`);
  }
}

function inside(schema: Inside | undefined): Inside {
  if (schema === undefined) throw new Error("a schema without what it wraps");
  return schema;
}

/** Beyond a transformation rules are about something else than what stands in the file. */
function untilTransformed(rules: readonly Inside[]): readonly Inside[] {
  const at = rules.findIndex(({ type }) => type === "transform");
  return at < 0 ? rules : rules.slice(0, at);
}

function limits(rules: readonly Inside[]): Json {
  const found: Record<string, unknown> = {};
  for (const { type, requirement } of untilTransformed(rules)) {
    if (type === "integer" || type === "safe_integer") found["type"] = "integer";
    else if (type === "min_value") found["minimum"] = requirement;
    else if (type === "max_value") found["maximum"] = requirement;
    else if (type !== "regex" && type !== "check") throw new Error(`no JSON schema for ${type}`);
  }
  return found;
}

function pattern(rules: readonly Inside[]): Json {
  let trimmed = false;
  let source: string | undefined;
  for (const { type, requirement } of untilTransformed(rules)) {
    if (type === "trim") trimmed = true;
    else if (type === "regex") source = sourceOf(requirement as RegExp) ?? source;
    else if (type === "min_length") source ??= trimmed ? "\\S" : ".";
    // A length counts from what is left of blanks, and a check is code: the loader knows.
    else if (!["check", "max_length", "integer", "min_value", "max_value"].includes(type)) {
      throw new Error(`no JSON schema for ${type}`);
    }
  }
  if (source === undefined) return {};
  return { pattern: trimmed ? source.replace(/^\^/, "^\\s*").replace(/\$$/, "\\s*$") : source };
}

/** JSON schemas have no flags, so that nothing is said there of "C:\\" and "c:\\". */
const sourceOf = ({ source, flags }: RegExp) => (flags === "" ? source : undefined);

/**
 * One schema for several types: a validator that names what is wrong with each of several schemas says
 * more than anybody reads.
 */
function either(schemas: readonly Json[]): Json {
  const merged = Object.assign({}, ...schemas) as Record<string, unknown>;
  const values = schemas.map((schema) => schema["enum"]);
  if (values.every(Array.isArray)) return { enum: values.flat() };
  return { ...merged, type: schemas.map(({ type }) => type) };
}
