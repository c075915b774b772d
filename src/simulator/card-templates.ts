/** A card's template as far as an app notices it. */
export interface Template {
  readonly id: string;
  /** The variable that fills while the agent writes; a template without one cannot be streamed to. */
  readonly streamKey?: string;
  /** Its stop button, by what a press of it names. */
  readonly stopAction?: string;
}

/** Made for the demo: an answer that grows, and a button to stop it. */
export const STOPPABLE: Template = {
  id: "simulated-stoppable.schema",
  streamKey: "content",
  stopAction: "stop",
};

/** The templates that work in any organisation, and the demo's own. */
export const TEMPLATES: readonly Template[] = [
  { id: "382e4302-551d-4880-bf29-a30acfab2e71.schema", streamKey: "msgContent" },
  { id: "02fcf2f4-5e02-4a85-b672-46d1f715543e.schema", streamKey: "msgContent" },
  { id: "589420e2-c1e2-46ef-a5ed-b8728e654da9.schema" },
  STOPPABLE,
];
