import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import * as v from "valibot";
import { apiError, jsonOf } from "./api-shapes.ts";
import type { Template } from "./card-templates.ts";
import type { Cards } from "./cards.ts";
import { faultResponse, UNKNOWN_ERROR } from "./faults.ts";
import type { Guard } from "./guard.ts";
import type { Directory } from "./sessions.ts";

const CREATE_PATH = "/v1.0/card/instances/createAndDeliver";
const UPDATE_PATH = "/v1.0/card/instances";
const STREAM_PATH = "/v1.0/card/streaming";

const string = v.optional(v.string(), "");
/** Numbers and objects too travel as strings. */
const ParamMap = v.record(v.string(), v.string());
const CardData = v.object({ cardParamMap: ParamMap });

const Create = v.object({
  cardTemplateId: string,
  outTrackId: string,
  callbackType: string,
  cardData: v.optional(CardData),
  openSpaceId: string,
  imGroupOpenSpaceModel: v.optional(v.looseObject({})),
  imGroupOpenDeliverModel: v.optional(
    v.object({ robotCode: string, atUserIds: v.optional(ParamMap, {}) }),
  ),
  imRobotOpenSpaceModel: v.optional(v.looseObject({})),
  imRobotOpenDeliverModel: v.optional(
    v.object({ spaceType: v.literal("IM_ROBOT"), robotCode: string }),
  ),
});
type Create = v.InferOutput<typeof Create>;

const Stream = v.object({
  outTrackId: string,
  guid: string,
  key: string,
  content: string,
  isFull: v.optional(v.boolean()),
  isFinalize: v.optional(v.boolean(), false),
  isError: v.optional(v.boolean(), false),
});

const Update = v.object({
  outTrackId: string,
  cardData: v.optional(CardData),
  cardUpdateOptions: v.optional(v.object({ updateCardDataByKey: v.optional(v.boolean(), false) })),
});

export interface CardApiPorts {
  readonly robotCode: string;
  readonly templates: readonly Template[];
  readonly guard: Guard["guard"];
  readonly cards: Cards;
  readonly directory: Directory;
  readonly invalidStaff: ReadonlySet<string>;
}

const refusal = (code: string) => apiError(400, code, code);
const DONE = { success: true, result: true };

/** Putting cards into chats, streaming to them and changing them. */
export function createCardApi(ports: CardApiPorts): Hono<{ Bindings: HttpBindings }> {
  const { guard, cards, templates } = ports;
  const app = new Hono<{ Bindings: HttpBindings }>();
  const scope = "Card.Instance.Write";
  app.use(CREATE_PATH, guard({ path: CREATE_PATH, fault: ({ card }) => card, scope }));
  app.use(UPDATE_PATH, guard({ path: UPDATE_PATH, fault: ({ cardUpdate }) => cardUpdate, scope }));
  app.use(
    STREAM_PATH,
    guard({
      path: STREAM_PATH,
      fault: ({ streaming }) => streaming,
      scope: "Card.Streaming.Write",
    }),
  );

  app.post(CREATE_PATH, async (c) => {
    const parsed = v.safeParse(Create, await jsonOf(c));
    if (!parsed.success) return refusal("param.invalid");
    const request = parsed.output;
    const { cardTemplateId, outTrackId } = request;
    if (cardTemplateId === "") return refusal("param.cardTemplateIdEmpty");
    if (outTrackId === "") return refusal("param.outTrackIdEmpty");
    if (request.cardData === undefined) return refusal("param.cardPublicDataEmpty");
    const template = templates.find(({ id }) => id === cardTemplateId);
    if (template === undefined) return refusal("param.templateNotExist");
    if (cards.find(outTrackId) !== undefined) return refusal("param.cardAlreadyExist");
    const space = spaceOf(request, ports);
    if (space instanceof Response) return space;
    const { spaceType, spaceId, conversationId } = space;
    const result = (delivery: object) =>
      c.json({
        success: true,
        result: { outTrackId, deliverResults: [{ spaceType, spaceId, ...delivery }] },
      });
    if (ports.invalidStaff.has(spaceId)) {
      return result({ success: false, errorMsg: "param.userIdNotExist" });
    }
    const { carrierId } = cards.create({
      outTrackId,
      conversationId,
      spaceType,
      template,
      callsBack: request.callbackType === "STREAM",
      at: request.imGroupOpenDeliverModel?.atUserIds ?? {},
      params: request.cardData.cardParamMap,
    });
    // As in the official sample: the error of one that has come.
    return result({ success: true, carrierId, errorMsg: "SYSTEM_ERROR" });
  });

  app.put(STREAM_PATH, async (c) => {
    const parsed = v.safeParse(Stream, await jsonOf(c));
    if (!parsed.success) return refusal("param.invalid");
    const { outTrackId, key, isFull, ...frame } = parsed.output;
    const card = cards.find(outTrackId);
    if (card === undefined) return refusal("param.stream.outTrackId");
    if (frame.guid === "") return refusal("param.stream.guidEmpty");
    if (key === "") return refusal("param.stream.keyEmpty");
    if (frame.content === "") return refusal("param.stream.contentEmpty");
    // Markdown is always sent whole.
    if (isFull !== true) return refusal("param.stream.isFull");
    if (card.template.streamKey !== key) return faultResponse(UNKNOWN_ERROR);
    cards.stream(card, frame);
    return c.json(DONE);
  });

  app.put(UPDATE_PATH, async (c) => {
    const parsed = v.safeParse(Update, await jsonOf(c));
    if (!parsed.success) return refusal("param.invalid");
    const { outTrackId, cardData, cardUpdateOptions } = parsed.output;
    if (outTrackId === "") return refusal("param.outTrackIdEmpty");
    if (cardData === undefined) return refusal("param.cardPublicDataEmpty");
    const card = cards.find(outTrackId);
    if (card === undefined) return refusal("param.cardNotExist");
    cards.update(card, cardData.cardParamMap, cardUpdateOptions?.updateCardDataByKey === true);
    return c.json(DONE);
  });

  return app;
}

interface Space {
  readonly spaceType: "IM_GROUP" | "IM_ROBOT";
  /** The group, or the user's id. */
  readonly spaceId: string;
  readonly conversationId: string;
}

/** Where the card goes, or what is wrong with that. */
function spaceOf(request: Create, ports: CardApiPorts): Space | Response {
  const { directory, robotCode } = ports;
  const [, spaceType, spaceId = ""] =
    /^dtv1\.card\/\/(IM_GROUP|IM_ROBOT)\.([^;]+)$/.exec(request.openSpaceId) ?? [];
  if (spaceType === "IM_GROUP") {
    if (!directory.groups.has(spaceId)) return refusal("param.openSpaceIdInvalid");
    if (request.imGroupOpenSpaceModel === undefined) return refusal("param.openSpaceModelInvalid");
    if (request.imGroupOpenDeliverModel === undefined) return refusal("param.deliverModelInvalid");
    if (request.imGroupOpenDeliverModel.robotCode !== robotCode) return refusal("param.robotCode");
    return { spaceType, spaceId, conversationId: spaceId };
  }
  if (spaceType === "IM_ROBOT") {
    if (request.imRobotOpenSpaceModel === undefined) return refusal("param.openSpaceModelInvalid");
    if (request.imRobotOpenDeliverModel === undefined) return refusal("param.deliverModelInvalid");
    // Where an organisation has several robots, one without comes from the wrong one.
    if (request.imRobotOpenDeliverModel.robotCode !== robotCode) return refusal("param.robotCode");
    return { spaceType, spaceId, conversationId: directory.directOf(spaceId) };
  }
  return refusal("param.openSpaceIdInvalid");
}
