// Finds the npm packages under ROUTER_TEST_NODE_MODULES, wherever this file itself lies.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const find = createRequire(`${process.env.ROUTER_TEST_NODE_MODULES}/`);

export async function webhookOf(name) {
  const { Webhook } = await import(pathToFileURL(find.resolve(name)).href);
  return Webhook;
}
