/** JSON text without lone surrogates: DingTalk refuses a whole body for one of them. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) =>
    typeof field === "string" ? field.toWellFormed() : field,
  );
}
