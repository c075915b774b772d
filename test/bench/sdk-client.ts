// The official SDK as its README shows it: reads each robot message and acks it, stores nothing.
import process from "node:process";
import { DWClient, TOPIC_ROBOT, type RobotMessage } from "dingtalk-stream";

const [url = "", clientId = ""] = process.argv.slice(2);
const client = new DWClient({ clientId, clientSecret: "simulated-secret" });

// The SDK knows no other address than DingTalk's: it is given the one to dial.
client.getEndpoint = async () =>
  Object.assign(client, { dw_url: `${url.replace("http", "ws")}/connect?ticket=${clientId}` });

client.registerCallbackListener(TOPIC_ROBOT, ({ headers, data }) => {
  const message = JSON.parse(data) as RobotMessage;
  if (message.msgtype === "text") client.socketCallBackResponse(headers.messageId, null);
});
await client.connect();
