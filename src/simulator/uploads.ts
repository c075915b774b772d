import { randomUUID } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { oldError } from "./api-shapes.ts";
import type { Faults } from "./dingtalk-options.ts";
import { faultResponse, TOO_MANY_UPLOADS, type Scope } from "./faults.ts";
import { slowed, struck } from "./guard.ts";
import { beginsAs, endingOf, mimeOf, UPLOAD_RULES, type UploadType } from "./media-types.ts";
import type { Upload } from "./model.ts";
import type { Outbox } from "./outbox.ts";
import type { Tokens } from "./tokens.ts";

export interface UploadPorts {
  readonly faults: Faults;
  readonly tokens: Tokens;
  readonly outbox: Outbox;
  readonly denied: ReadonlySet<Scope>;
}

export const UPLOAD_PATH = "/media/upload";

const isType = (type: string): type is UploadType => Object.hasOwn(UPLOAD_RULES, type);

/** `POST /media/upload?access_token=…&type=…`, a form with the file as `media`. Errors come with HTTP 200. */
export function createUploads({ faults, tokens, outbox, denied }: UploadPorts) {
  const uploads = new Map<string, Upload>();
  const app = new Hono<{ Bindings: HttpBindings }>();

  app.post(UPLOAD_PATH, async (c) => {
    await slowed(faults, UPLOAD_PATH);
    if (!outbox.call(UPLOAD_PATH)) return faultResponse(TOO_MANY_UPLOADS);
    const fault = struck(faults.upload, UPLOAD_PATH);
    if (fault !== undefined) return faultResponse(fault);
    const token = c.req.query("access_token");
    if (token === undefined || token === "") return oldError(41001, "缺少access_token参数");
    if (!tokens.valid(token)) return oldError(40014, "不合法的access_token");
    if (denied.has("qyapi_base")) return notAllowed();
    const type = c.req.query("type") ?? "";
    if (!isType(type)) return oldError(40004, "不合法的媒体文件类型");
    const form = await c.req.formData().catch(() => undefined);
    const media = form?.get("media");
    if (!(media instanceof File) || media.size === 0) return oldError(41005, "缺少多媒体文件数据");
    const bytes = new Uint8Array(await media.arrayBuffer());
    const refusal = refusalOf(type, media.name, bytes);
    if (refusal !== undefined) return refusal;
    const mediaId = `@lA${randomUUID().replaceAll("-", "")}`;
    const time = Date.now();
    uploads.set(mediaId, { mediaId, time, type, name: media.name, bytes, mime: mimeOf(bytes) });
    return c.json({ errcode: 0, errmsg: "ok", type, media_id: mediaId, created_at: time });
  });

  return {
    app,
    all: (): readonly Upload[] => [...uploads.values()],
    find: (mediaId: string): Upload | undefined => uploads.get(mediaId),
  };
}

export type Uploads = ReturnType<typeof createUploads>;

function refusalOf(type: UploadType, name: string, bytes: Uint8Array): Response | undefined {
  const { maxBytes, formats } = UPLOAD_RULES[type];
  const ending = endingOf(name);
  const known = ending !== "" && (formats?.includes(ending) ?? true);
  if (!known || !beginsAs(ending, bytes)) return oldError(40005, "不合法的文件类型");
  if (bytes.length > maxBytes) return oldError(40006, "不合法的文件大小");
  return undefined;
}

const notAllowed = () =>
  Response.json({
    errcode: 88,
    sub_code: "60011",
    sub_msg: "没有调用该接口的权限",
    errmsg: "ding talk error[subcode=60011,submsg=没有调用该接口的权限]",
  });
