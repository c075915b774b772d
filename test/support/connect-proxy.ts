import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { ServerCertificate } from "./certificates.ts";

export interface ConnectProxyOptions {
  /** The port on 127.0.0.1 that a target (`host:port`) leads to. */
  readonly to: (target: string) => number;
  /** `user:password`; without them nobody is let through. */
  readonly login?: string;
  /** What `Proxy-Authenticate` says. */
  readonly challenge?: string;
  /** Speaks TLS. */
  readonly tls?: ServerCertificate;
  /**
   * Instead of connecting: a status, text that is no HTTP, "hang up", or "silent" for as long as it takes.
   */
  readonly answer?: string | number | undefined;
}

export interface ConnectProxy {
  /** `http://127.0.0.1:port`, or `https:` with TLS. */
  readonly url: string;
  readonly port: number;
  /** What it was asked to connect to, in order. */
  readonly targets: string[];
  /** Connections to it that are open. */
  readonly open: Set<Socket>;
  stop(): Promise<void>;
}

/** An HTTP proxy that can only CONNECT, on a free port of 127.0.0.1. */
export async function startConnectProxy(options: ConnectProxyOptions): Promise<ConnectProxy> {
  const targets: string[] = [];
  const open = new Set<Socket>();

  const serve = (client: Socket) => {
    open.add(client);
    client.on("close", () => open.delete(client));
    client.on("error", () => undefined);
    let head = "";
    const read = (data: Uint8Array) => {
      head += new TextDecoder("latin1").decode(data);
      if (!head.includes("\r\n\r\n")) return;
      client.off("data", read);
      const target = /^CONNECT (\S+) HTTP\/1\.1\r\n/.exec(head)?.[1] ?? "no CONNECT";
      targets.push(target);
      const refusal = refusalOf(head, options);
      if (refusal === undefined) join(client, options.to(target));
      else if (refusal === "hang up") client.destroy();
      else if (refusal !== "silent") client.end(refusal);
    };
    client.on("data", read);
  };

  const { tls } = options;
  const server: Server =
    tls === undefined
      ? createServer(serve)
      : createTlsServer({ cert: tls.certificate, key: tls.key }, serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    port,
    targets,
    open,
    async stop() {
      for (const client of open) client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function refusalOf(
  head: string,
  { answer, login, challenge = "Basic realm=x" }: ConnectProxyOptions,
) {
  if (typeof answer === "number") return `HTTP/1.1 ${answer} No\r\nContent-Length: 0\r\n\r\n`;
  if (answer !== undefined) return answer;
  const sent = /^proxy-authorization: (.*)$/im.exec(head)?.[1]?.trim();
  if (login === undefined || sent === `Basic ${Buffer.from(login).toString("base64")}`) return;
  return `HTTP/1.1 407 Who are you\r\nProxy-Authenticate: ${challenge}\r\nContent-Length: 0\r\n\r\n`;
}

function join(client: Socket, port: number): void {
  const peer = connect(port, "127.0.0.1", () => {
    client.write("HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n");
    client.pipe(peer);
    peer.pipe(client);
  });
  peer.on("error", () => client.destroy());
  peer.on("close", () => client.destroy());
  client.on("close", () => peer.destroy());
}
