import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A pair of sockets the proxy stands between. */
interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** In a black hole: what has not come through, in order. */
  readonly held: (() => void)[];
  isHeld: boolean;
}

/** A TCP proxy that can lose connections in more ways than closing them. */
export interface Proxy {
  readonly url: string;
  /** Cuts every connection. */
  drop(): void;
  /** Nothing comes through any more, either way, and nobody is told; new connections too, or not. */
  blackHole(newOnesToo: boolean): void;
  /** The hole's end: what was under way arrives late, or its connections turn out to be dead. */
  heal(how: "flush" | "reset"): void;
  close(): Promise<void>;
}

/** `target`: the port to pass connections on to, asked when one comes. */
export async function startProxy(target: () => number): Promise<Proxy> {
  const pairs = new Set<Pair>();
  let swallowing = false;

  const pass = (pair: Pair, from: Socket, to: Socket) => {
    const act = (what: () => void) => {
      if (pair.isHeld) pair.held.push(what);
      else what();
    };
    from.on("data", (data) => act(() => void (to.writable && to.write(data))));
    from.on("error", () => undefined);
    from.on("close", () =>
      act(() => {
        to.destroy();
        pairs.delete(pair);
      }),
    );
  };

  const listener = createServer((client) => {
    const server = connect(target(), "127.0.0.1");
    const pair: Pair = { client, server, held: [], isHeld: swallowing };
    pairs.add(pair);
    pass(pair, client, server);
    pass(pair, server, client);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;

  const cut = ({ client, server }: Pair) => {
    client.destroy();
    server.destroy();
  };
  const release = (pair: Pair, how: "flush" | "reset") => {
    if (!pair.isHeld) return;
    pair.isHeld = false;
    if (how === "flush") for (const act of pair.held.splice(0)) act();
    else {
      pair.held.length = 0;
      pairs.delete(pair);
      cut(pair);
    }
  };

  return {
    url: `http://127.0.0.1:${port}`,
    drop() {
      for (const pair of pairs) {
        release(pair, "reset");
        cut(pair);
      }
    },
    blackHole(newOnesToo) {
      swallowing = newOnesToo;
      for (const pair of pairs) pair.isHeld = true;
    },
    heal(how) {
      swallowing = false;
      for (const pair of pairs) release(pair, how);
    },
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        for (const pair of pairs) cut(pair);
      }),
  };
}
