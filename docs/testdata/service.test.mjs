import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";

import { AppStoreConnect, receive } from "./service.mjs";

const { env } = process;
const appID = env.ASC_APP_ID;
const secret = "a secret from your vault";
const eventTypes = ["BUILD_UPLOAD_STATE_UPDATED", "BUILD_BETA_DETAIL_EXTERNAL_BUILD_STATE_UPDATED"];

async function control(method, path, value) {
  const body = value && JSON.stringify(value);
  const response = await fetch(env.ASC_CONTROL_URL + path, { method, body, headers: body && { "Content-Type": "application/json" } });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text && JSON.parse(text);
}

const api = new AppStoreConnect({
  baseURL: env.ASC_BASE_URL, keyID: env.ASC_KEY_ID, issuerID: env.ASC_ISSUER_ID,
  privateKey: env.ASC_PRIVATE_KEY.replaceAll("\\n", "\n"),
});

const fail = (fault) => control("POST", "/faults", fault);
const settings = (changed) => control("PATCH", "/state", { settings: changed });
const webhooks = async () => (await control("GET", "/state")).webhooks;
const calls = async (filter) => (await control("GET", "/exchanges?" + filter)).exchanges.map((call) => call.status);

let server, url, events, secrets;

beforeEach(async () => {
  await control("POST", "/reset");
  events = [];
  secrets = [secret];
  server = receive(secrets, (event) => events.push(event));
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${server.address().port}/`;
});

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

const register = () => api.register(appID, { url, secret, eventTypes });

describe("registering", () => {
  test("creates the webhook", async () => {
    await register();
    const [webhook] = await webhooks();
    assert.deepEqual([webhook.url, webhook.event_types, webhook.enabled], [url, eventTypes, true]);
  });

  test("a second time changes nothing", async () => {
    await register();
    await register();
    assert.equal((await webhooks()).length, 1);
  });

  test("enables what was disabled", async () => {
    await register();
    const [webhook] = await webhooks();
    await control("PATCH", "/state", { webhooks: [{ ...webhook, enabled: false }] });
    await register();
    assert.equal((await webhooks())[0].enabled, true);
  });

  test("leaves the webhooks of others alone", async () => {
    const other = { app_id: appID, url: "https://other.example/", name: "other", secret: "another secret" };
    await control("PATCH", "/state", { webhooks: [other] });
    await register();
    assert.deepEqual((await webhooks()).map((webhook) => webhook.url), [other.url, url]);
  });

  test("repeats a list that fails", async () => {
    await fail({ operation: "apps_webhooks_getToManyRelated", status: 503, times: 2 });
    await register();
    assert.deepEqual(await calls("operation=apps_webhooks_getToManyRelated"), [503, 503, 200]);
  });

  test("repeats a list whose connection is reset", async () => {
    await fail({ operation: "apps_webhooks_getToManyRelated", kind: "reset before headers" });
    await register();
    assert.equal((await webhooks()).length, 1);
  });

  test("looks again if the response to a create is lost", async () => {
    await fail({ operation: "webhooks_createInstance", status: 502, applied: true });
    await register();
    assert.equal((await webhooks()).length, 1);
  });

  test("gives up in the end", async () => {
    await fail({ status: 503, times: -1 });
    await assert.rejects(register(), { status: 503 });
  });

  test("does not repeat what is refused", async () => {
    const { id } = await fail({ operation: "webhooks_createInstance", status: 409, times: -1 });
    await assert.rejects(register(), { status: 409 });
    assert.equal((await calls("operation=webhooks_createInstance")).length, 1);
    await control("DELETE", "/faults/" + id);
    await register();
  });

  test("reports a clock that is wrong", async () => {
    await settings({ skew_ms: 3_600_000 });
    await assert.rejects(register(), { status: 401 });
  });

  test("reports that the rate limit is used up", async () => {
    await settings({ rate_limit: 1 });
    await assert.rejects(register(), { status: 429 });
  });

  test("sends what the OpenAPI document allows", async () => {
    await register();
    const { exchanges } = await control("GET", "/wait?count=2&path=/v1/");
    assert.deepEqual(exchanges.flatMap((call) => call.violations), []);
  });
});

describe("receiving", () => {
  beforeEach(register);

  const send = async (options) => {
    const sent = await control("POST", "/notifications", { type: "buildUploadStateUpdated", ...options });
    return sent.notifications.map((attempt) => attempt.status);
  };
  const sendRaw = (raw) => send({ type: undefined, raw });

  test("takes what is genuine", async () => {
    assert.deepEqual(await send({ fields: { new: "FAILED" } }), [200]);
    assert.equal(events[0].attributes.newState, "FAILED");
  });

  test("refuses a forgery", async () => {
    assert.deepEqual(await send({ signature: "forged" }), [401]);
    assert.deepEqual(events, []);
  });

  test("takes a duplicate once", async () => {
    assert.deepEqual(await send({ copies: 5, concurrent: true }), [200, 200, 200, 200, 200]);
    assert.equal(events.length, 1);
  });

  test("takes both secrets during a rotation", async () => {
    secrets.unshift("the next secret");
    await api.register(appID, { url, secret: "the next secret", eventTypes });
    assert.deepEqual([...await send(), ...await send({ signature: "old_secret" })], [200, 200]);
  });

  test("acknowledges a ping", async () => {
    assert.deepEqual(await send({ type: "webhookPingCreated" }), [200]);
  });

  test("acknowledges an event that it does not know", async () => {
    assert.deepEqual(await sendRaw('{"data":{"type":"somethingNew","id":"1"}}'), [200]);
  });

  test("refuses half an event", async () => {
    assert.deepEqual(await sendRaw('{"data":{"type":"buildUpload'), [400]);
  });

  test("takes again what is sent again", async () => {
    await send();
    const { notifications } = await control("GET", "/wait?for=notifications&type=buildUploadStateUpdated");
    const again = await control("POST", `/notifications/${notifications[0].id}/resend`);
    assert.deepEqual([again.status, events.length], [200, 1]);
  });
});
