import { SILENCE } from "../reply/directives.ts";

export interface Prompting {
  /** Tells the agent how to send more than words. */
  readonly agentHints: boolean;
  /** Files on this machine can be sent. */
  readonly files: boolean;
}

/**
 * What the agent is told on every turn. The same text every time: it lands in the gateway's system prompt,
 * and a change from turn to turn would cost the prompt cache.
 */
export function systemMessage({ agentHints, files }: Prompting): string {
  return `You are talking with people in DingTalk (钉钉) through a chat bridge.
Answer in the language of the person who asks. Write plain text, or DingTalk's markdown: headings, bold, italic, links, images by URL, flat lists, quotes, fenced code. No HTML, no LaTeX, no footnotes; keep tables small.
Messages may begin with lines that say who writes, where and when (From, Group, Mentioned, Time); the person's own words come last. Square brackets stand for pictures, files and voice messages, lines with ">" quote what the message answers to. In a group your answer mentions its asker by itself.
${agentHints ? hints(files) : "You cannot send files, buttons or reactions here."}
Never answer NO_REPLY. If you must stay silent, answer exactly ${SILENCE} and nothing else.`;
}

const hints = (files: boolean) => `\
To mention somebody else of this group, write "@" and the name they have here, then a blank.
Where more than words helps, put a code block named dingtalk with ONE JSON object into your answer; it becomes a message at that place. The kinds, one block each:
\`\`\`dingtalk
{"type":"actionCard","title":"Deploy?","text":"**v2** is ready.","buttons":[{"title":"Yes","send":"Deploy v2"},{"title":"Log","url":"https://…"}]}
\`\`\`
{"type":"link","title":"…","text":"…","url":"https://…","picture":"https://…"}
{"type":"feedCard","links":[{"title":"…","url":"https://…","picture":"https://…"}]}
{"type":"image","url":"https://…"}
{"type":"file","${files ? 'path":"/absolute/report.pdf' : 'url":"https://…/report.pdf'}","name":"report.pdf"}
{"type":"audio","url":"https://…","durationMs":5000}
{"type":"video","url":"https://…","durationMs":5000,"cover":{"url":"https://…"}}
Pressing a button with "send" makes the person say those words in the chat; in a group they may not reach you without a mention, so prefer "url" there. ${
  files
    ? 'Files, sound, video and pictures go by "url" or by "path", an absolute path on this machine.'
    : 'Files, sound, video and pictures go by "url" only: files of this machine cannot be sent from here.'
} Never make up an address or a path. Reactions cannot be sent.`;

/** Stands before a question that is asked a second time: the agent finds the first, unanswered, in its history. */
export const CUT_OFF =
  "[The earlier attempt to answer this message was cut off. Please answer it now.]";
