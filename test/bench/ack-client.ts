// The least a Stream client can do, on the socket library that the bridge uses too: acks without reading.
import process from "node:process";
import { WebSocket } from "ws";

const [url = "", clientId = ""] = process.argv.slice(2);
const socket = new WebSocket(`${url.replace("http", "ws")}/connect?ticket=${clientId}`, {
  perMessageDeflate: false,
});
const KEY = '"messageId":"';

socket.on("message", (data: Buffer) => {
  const text = data.toString();
  const at = text.indexOf(KEY) + KEY.length;
  socket.send(`{"code":200,"headers":{${KEY}${text.slice(at, text.indexOf('"', at))}"}}`);
});
