// An app's own Clerk endpoint, as one writes it for Express: raw body, svix verification, then the work.
//
//   SECRET=whsec_... node handler.mjs
//
// Prints its port, then the type and id of each event that it took, each on a line of JSON.
import { createServer } from "node:http";
import { webhookOf } from "./packages.mjs";

const Webhook = await webhookOf("svix");
const key = new Webhook(process.env.SECRET);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const server = createServer(async (request, response) => {
  const answer = (status, body) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  if (request.method !== "POST" || request.url !== "/api/webhooks/clerk") {
    return answer(404, { error: "not found" });
  }
  const parts = [];
  for await (const part of request) parts.push(part);
  let event;
  try {
    const body = Buffer.concat(parts).toString("utf8");
    key.verify(body, request.headers);
    event = JSON.parse(body);
  } catch (error) {
    return answer(400, { error: error.message });
  }
  say({ type: event.type, id: event.data.id, message: request.headers["svix-id"] });
  answer(200, { success: true });
});

server.listen(0, "127.0.0.1", () => say({ port: server.address().port }));
