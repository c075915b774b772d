import { get, isTree } from "./aliases-tree.ts";
import type { Layer } from "./layers.ts";
import type { ConfigFile, Tree } from "./model.ts";
import { expandSecret, type SecretSources } from "./secrets.ts";
import { dotted } from "./shape.ts";

/** What OpenClaw's own file says about its gateway, and whom it takes for the owner here. */
export function gatewayLayer(
  file: ConfigFile | undefined,
  sources: SecretSources,
): { readonly layer: Layer; readonly warnings: readonly string[] } {
  const gateway: Tree = {};
  const names = new Map<string, string>();
  const warnings: string[] = [];
  const originOf: Layer["originOf"] = (path) => {
    const name = `${file?.path ?? ""}: ${names.get(dotted(path)) ?? "gateway"}`;
    return { name, source: name };
  };
  const layer: { readonly tree: Tree; readonly originOf: Layer["originOf"] } = {
    tree: { gateway },
    originOf,
  };
  if (file === undefined || !isTree(file.json)) return { layer, warnings };

  const { json, path } = file;
  if (get(json, "$include") !== undefined || get(json, "gateway.$include") !== undefined) {
    warnings.push(
      `${path}: $include is not followed here: set gateway.url and gateway.token under channels.dingtalk if they are in an included file`,
    );
  }
  const written = expandSecret(get(json, "gateway.port"), sources);
  const port = written.ok ? written.value : "?";
  if (typeof port === "number" || (typeof port === "string" && /^\d+$/.test(port))) {
    const scheme = get(json, "gateway.tls.enabled") === true ? "https" : "http";
    gateway["url"] = `${scheme}://127.0.0.1:${port}`;
    names.set("gateway.url", "gateway.port");
  } else if (port !== undefined) {
    warnings.push(`${path}: gateway.port cannot be read as a port and is not used`);
  }
  const key = get(json, "gateway.auth.mode") === "password" ? "password" : "token";
  const token = get(json, `gateway.auth.${key}`);
  if (token !== undefined) {
    gateway["token"] = token;
    names.set("gateway.token", `gateway.auth.${key}`);
  }
  const owners = get(json, "commands.ownerAllowFrom");
  if (Array.isArray(owners)) {
    // Of other channels' people nothing is known here.
    const ours = owners.filter(
      (id) => typeof id === "string" && /^(?:dingtalk|dd|ding):/i.test(id),
    );
    if (ours.length > 0) {
      layer.tree["owners"] = ours;
      names.set("owners", "commands.ownerAllowFrom");
    }
  }
  return { layer, warnings };
}
