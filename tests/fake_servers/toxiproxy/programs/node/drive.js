// Drives a Toxiproxy server by toxiproxy-node-client. Called with the server's URL and an upstream's address, from the
// folder that the client is installed in; says "all is well", or what is not.
const assert = require("node:assert");
const { createRequire } = require("node:module");
const path = require("node:path");
const { Toxiproxy } = createRequire(path.join(process.cwd(), "package.json"))("toxiproxy-node-client");

async function main(url, upstream) {
  const server = new Toxiproxy(url);
  assert.deepStrictEqual(JSON.parse(await server.getVersion()), { version: "2.13.0" });

  const proxy = await server.createProxy({ name: "mail", listen: "127.0.0.1:0", upstream });
  assert.match(proxy.listen, /^127\.0\.0\.1:\d+$/);
  assert.strictEqual(proxy.enabled, true);
  assert.deepStrictEqual(Object.keys(await server.getAll()), ["mail"]);
  await assert.rejects(server.createProxy({ name: "mail", listen: "127.0.0.1:0", upstream }), /409|already exists/);
  await assert.rejects(server.get("nobody"), /404|not found/);

  const toxic = await proxy.addToxic({ type: "latency", attributes: { latency: 5, jitter: 1 } });
  assert.strictEqual(toxic.name, "latency_downstream");
  await toxic.update({ attributes: { latency: 7 }, toxicity: 1 });
  assert.deepStrictEqual((await proxy.getToxic("latency_downstream")).attributes, { latency: 7, jitter: 1 });
  await toxic.remove();
  await assert.rejects(proxy.getToxic("latency_downstream"), /404|not found/);

  await proxy.update({ enabled: false, listen: proxy.listen, upstream });
  assert.strictEqual((await server.get("mail")).enabled, false);
  await server.reset();
  assert.strictEqual((await server.get("mail")).enabled, true);
  const made = await server.populate([{ name: "other", listen: "127.0.0.1:0", upstream }]);
  assert.deepStrictEqual(Object.keys(made), ["other"]);
  await proxy.remove();
  assert.deepStrictEqual(Object.keys(await server.getAll()), ["other"]);
  console.log("all is well");
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
