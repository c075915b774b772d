import type { Files } from "./files.ts";
import { audio, file, picture, quote, richText, saidByRobot, type Kind } from "./kinds.ts";
import type { SentBody } from "./model.ts";
import { png, type Colour } from "./png.ts";

export type Sample = "picture" | "file" | "voice" | "quote";
export type Language = "zh" | "en";

const TEXT = {
  zh: {
    fileName: "会议纪要.txt",
    file: "会议纪要\n\n时间：周三下午三点\n结论：新版本下周一发布，由小王负责。\n待办：更新文档，通知客户。\n",
    voice: "帮我看看明天下午有没有空的会议室",
    reply: "这一点能再展开说说吗？",
  },
  en: {
    fileName: "meeting notes.txt",
    file: "Meeting notes\n\nWhen: Wednesday, 3 p.m.\nDecided: the new version is out next Monday; Wang is in charge.\nTo do: update the documents, tell the customers.\n",
    voice: "Is there a meeting room free tomorrow afternoon?",
    reply: "Could you say more about this?",
  },
} as const;

const GROUND: Colour = [244, 247, 252];
const LINE: Colour = [206, 214, 226];
const BARS: readonly (readonly [height: number, colour: Colour])[] = [
  [46, [22, 119, 255]],
  [72, [91, 91, 214]],
  [58, [15, 118, 110]],
  [98, [255, 150, 60]],
  [118, [229, 52, 42]],
];

/** A bar chart: something an agent can be asked about. */
export function chart() {
  const [width, height, margin, step] = [240, 150, 20, 40];
  return png(width, height, (x, y) => {
    const [bar, colour] = BARS[Math.floor((x - margin) / step)] ?? [0, GROUND];
    const inBar = (x - margin) % step >= 8 && x >= margin;
    const above = height - margin - y;
    if (inBar && above > 0 && above <= bar) return colour;
    return above === 0 || (above > 0 && above % 30 === 0) ? LINE : GROUND;
  });
}

/** Silence in the format of DingTalk's voice messages: nobody listens to it here. */
export function silence(ms: number) {
  const magic = new TextEncoder().encode("#!AMR\n");
  const frame = [0x3c, ...Array.from({ length: 31 }, () => 0)];
  const frames = Array.from({ length: ms / 20 }, () => frame).flat();
  return Uint8Array.from([...magic, ...frames]);
}

export interface SampleOptions {
  readonly files: Files;
  readonly group: boolean;
  readonly language: Language;
  /** What the person has typed. */
  readonly words: string;
  /** The robot's last message in this chat, and the key it can be found by. */
  readonly last: { readonly body: SentBody; readonly key: string | undefined } | undefined;
  /** DingTalk's opaque id of the robot. */
  readonly robotId: string;
}

/** What a button of the chat page sends. Undefined where DingTalk would not let a person send it. */
export function sampleOf(sample: Sample, options: SampleOptions): Kind | undefined {
  const { files, group, words, last } = options;
  const text = TEXT[options.language];
  switch (sample) {
    case "picture": {
      const code = files.add(chart(), { mime: "image/png" });
      if (!group) return picture(code);
      // A picture alone cannot mention anyone: in a group it comes together with the mention.
      const { fields } = richText("@dingbridge", words, { picture: code });
      return { fields, shown: { text: words, pictures: [code] } };
    }
    case "file": {
      if (group) return undefined;
      const bytes = new TextEncoder().encode(text.file);
      return file(files.add(bytes), text.fileName, bytes.length);
    }
    case "voice":
      return group ? undefined : audio(files.add(silence(4000)), 4000, text.voice);
    case "quote":
      if (last === undefined) return undefined;
      return quote(words || text.reply, {
        ...saidByRobot(last.body, undefined, options.robotId),
        key: last.key,
      });
  }
}
