// Judges requests with the verifier of an npm package.
//
// Reads a JSON array of {package, secret, headers, body (base64)}; prints a JSON array: {accepted: true} and
// the payload, where the package returns it, for each that is genuine, else {accepted: false, error, message}.
import { webhookOf } from "./packages.mjs";

let text = "";
for await (const part of process.stdin) text += part;

const verdicts = [];
for (const one of JSON.parse(text)) {
  const Webhook = await webhookOf(one.package);
  const key = new Webhook(one.secret);
  try {
    const body = Buffer.from(one.body, "base64");
    verdicts.push({ accepted: true, payload: key.verify(body.toString("utf8"), one.headers) });
  } catch (error) {
    verdicts.push({ accepted: false, error: error.constructor.name, message: error.message });
  }
}
console.log(JSON.stringify(verdicts));
