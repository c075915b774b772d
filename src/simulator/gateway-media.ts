/** What the gateway streams where nothing is left to say. */
const NO_RESPONSE = "No response from OpenClaw.";
const MARK = "MEDIA:";

/**
 * Takes the lines that name files out of an answer while it is streamed, as the gateway does: only the
 * history still has them.
 */
export function createMediaFilter() {
  /** The beginning of a line, as long as it may still name a file. */
  let held = "";
  /** Line breaks before it: they go with it if it does. */
  let breaks = "";
  let midLine = false;
  let removed = false;
  let said = false;

  const tell = (text: string): string => {
    if (text === "") return "";
    const told = breaks + text;
    breaks = "";
    said ||= told.trim() !== "";
    return told;
  };
  const namesFile = () => !midLine && held.trimStart().startsWith(MARK);
  const mayNameFile = () => namesFile() || (!midLine && MARK.startsWith(held.trimStart()));

  /** The line ends, with a break or with the answer. */
  const endLine = (lineBreak: string): string => {
    const isGone = namesFile();
    const told = isGone ? "" : tell(held);
    if (!isGone) breaks += lineBreak;
    removed ||= isGone;
    held = "";
    midLine = false;
    return told;
  };

  return {
    /** What of it can be told now. */
    add(piece: string): string {
      let told = "";
      for (const [at, part] of piece.split("\n").entries()) {
        if (at > 0) told += endLine("\n");
        held += part;
        if (held === "" || mayNameFile()) continue;
        told += tell(held);
        held = "";
        midLine = true;
      }
      return told;
    },
    /** What is left at the end. */
    end(): string {
      const told = endLine("");
      if (removed) return said ? told : NO_RESPONSE;
      return told + breaks;
    },
  };
}
