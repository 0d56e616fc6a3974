// The tests of compose.yaml's service, by the sandbox's control API.
import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";

const base = process.env.ASC_CONTROL_URL;

async function control(method, path, value) {
  const body = value === undefined ? undefined : JSON.stringify(value);
  const response = await fetch(base + path, { method, body, headers: body && { "Content-Type": "application/json" } });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text && JSON.parse(text);
}

const created = (since) => control("GET", `/wait?operation=webhooks_createInstance&status=201&timeout=30&since=${since}`);

async function statuses(options) {
  const sent = await control("POST", "/notifications", { type: "buildUploadStateUpdated", ...options });
  return sent.notifications.map((n) => n.status);
}

test("the service registers its webhook", async () => {
  await created(0);
  const { webhooks } = await control("GET", "/state");
  assert.deepEqual(webhooks.map((w) => w.url), ["http://service:3000/"]);
});

test("it takes what is genuine", async () => assert.deepEqual(await statuses({}), [200]));

test("it refuses a forgery", async () => assert.deepEqual(await statuses({ signature: "forged" }), [401]));

test("it registers again, though calls fail", async () => {
  const { exchanges } = await control("GET", "/exchanges?limit=1");
  const since = exchanges[0].id;
  await control("POST", "/faults", { operation: "apps_webhooks_getToManyRelated", status: 503 });
  await control("PATCH", "/state", { webhooks: [] });
  await control("GET", `/wait?operation=apps_webhooks_getToManyRelated&status=503&timeout=30&since=${since}`);
  await created(since);
  assert.deepEqual(await statuses({}), [200]);
});

test("another Host is refused", async () => {
  const status = await new Promise((resolve, reject) => {
    const sent = request(base + "/state", { headers: { Host: "elsewhere:8081" } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on("error", reject).end();
  });
  assert.equal(status, 403);
});
