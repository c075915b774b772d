/** The last `size` texts or up to twice as many: two sets, of which the older is dropped whole. */
export function createRecent(size: number) {
  let young = new Set<string>();
  let old = new Set<string>();
  return {
    has: (text: string) => young.has(text) || old.has(text),
    add(text: string) {
      if (young.size >= size) [young, old] = [new Set(), young];
      young.add(text);
    },
  };
}
