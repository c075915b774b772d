import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { until } from "./until.ts";

/** Terminals for tests come from tmux, which not every machine has. */
export const hasTerminal: boolean = spawnSync("tmux", ["-V"]).status === 0;

export interface Terminal {
  /** Sends keys as tmux names them: text, "Enter", "Down", "C-c". */
  keys(...keys: readonly string[]): void;
  /** What is on the screen, and what has scrolled off it. */
  screen(): string;
  /** Waits until it is there. */
  shows(text: string, ms?: number): Promise<void>;
  /** Waits for the command's end and what the shell counts it as. */
  ended(): Promise<number>;
  close(): void;
}

/**
 * Runs a command on a terminal of its own, 100 columns by 50 lines.
 * @param command without an environment but for `env`.
 */
export function openTerminal(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Terminal {
  const name = `dingbridge-${randomUUID()}`;
  // A server of its own: nobody else's sessions are touched.
  const tmux = (...args: readonly string[]) =>
    spawnSync("tmux", ["-L", name, "-f", "/dev/null", ...args], { encoding: "utf8" });
  const words = ["env", "-i", ...Object.entries(env).map(([key, value]) => `${key}=${value}`)];
  const line = [...words, "TERM=screen-256color", ...command].map(quoted).join(" ");
  // Afterwards the terminal has to take lines again.
  const after = 'code=$?; stty -a | grep -q " -icanon" && echo RAW; echo "ENDED=$code"; sleep 600';
  const size = ["-x", "100", "-y", "50"];
  const started = tmux("new-session", "-d", "-s", name, ...size, `${line}; ${after}`);
  if (started.status !== 0) throw new Error(`tmux: ${started.stderr}`);
  const screen = () => tmux("capture-pane", "-p", "-S", "-500", "-t", name).stdout;
  const shows = async (text: string, ms = 20_000) => {
    await until(`"${text}" on the screen`, () => screen().includes(text), ms).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}\n${screen()}`);
      },
    );
  };
  return {
    keys: (...keys) => void tmux("send-keys", "-t", name, ...keys),
    screen,
    shows,
    async ended() {
      await shows("ENDED=");
      if (screen().includes("RAW")) throw new Error("the terminal was left in raw mode");
      return Number(/ENDED=(\d+)/.exec(screen())?.[1]);
    },
    close: () => void tmux("kill-server"),
  };
}

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
