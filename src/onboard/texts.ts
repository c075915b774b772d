import type { Locale } from "../core/texts.ts";
import { en } from "./texts-en.ts";
import type { Texts } from "./texts-shape.ts";
import { zh } from "./texts-zh.ts";

export const TEXTS: Readonly<Record<Locale, Texts>> = { zh, en };
