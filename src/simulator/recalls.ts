/** What a recall says of each key. */
export interface Recalled {
  readonly successResult: readonly string[];
  readonly failedResult: Readonly<Record<string, string>>;
}

/** Takes messages back by their keys; `recall` says why one cannot be. */
export function recallAll(
  keys: readonly string[],
  recall: (key: string) => string | undefined,
): Recalled {
  const results = keys.map((key) => [key, recall(key)] as const);
  return {
    successResult: results.filter(([, why]) => why === undefined).map(([key]) => key),
    failedResult: Object.fromEntries(
      results.flatMap(([key, why]) => (why === undefined ? [] : [[key, why]])),
    ),
  };
}
