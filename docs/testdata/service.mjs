// A service that registers its webhook and receives notifications, with Node's own modules alone.
import { createHmac, sign, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const maxBody = 1 << 20;

export function isGenuine(secret, body, signature) {
  const want = Buffer.from("hmacsha256=" + createHmac("sha256", secret).update(body).digest("hex"));
  const got = Buffer.from(signature);
  return got.length === want.length && timingSafeEqual(got, want);
}

// receive returns a server that hands each event to take once, whatever its signature's secret of those given.
export function receive(secrets, take) {
  const seen = new Set(); // in a database, so that a restart forgets none
  return createServer(async (request, response) => {
    const respond = (status) => response.writeHead(status, { "Content-Length": 0 }).end();
    const chunks = [];
    let size = 0;
    for await (const chunk of request) {
      if ((size += chunk.length) <= maxBody) chunks.push(chunk);
    }
    if (size > maxBody) return respond(413);
    const body = Buffer.concat(chunks);
    const signature = request.headers["x-apple-signature"] ?? "";
    if (!secrets.some((secret) => isGenuine(secret, body, signature))) return respond(401);
    let event;
    try {
      event = JSON.parse(body).data;
    } catch {
      return respond(400);
    }
    if (!seen.has(event.id)) take(event);
    seen.add(event.id);
    respond(200); // only now: 2xx acknowledges it
  });
}

function token({ keyID, issuerID, privateKey }) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: issuerID, iat: now, exp: now + 600, aud: "appstoreconnect-v1" };
  const text = part({ alg: "ES256", kid: keyID, typ: "JWT" }) + "." + part(claims);
  return text + "." + sign("sha256", text, { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url");
}

export class AppStoreConnect {
  constructor({ baseURL, ...key }) {
    Object.assign(this, { baseURL, key });
  }

  // call repeats a GET that fails, since that does no harm.
  async call(method, path, data, attempts = method === "GET" ? 3 : 1) {
    const headers = { Authorization: "Bearer " + token(this.key), "Content-Type": "application/json" };
    try {
      const response = await fetch(this.baseURL + path, { method, headers, body: data && JSON.stringify({ data }) });
      const body = await response.json();
      if (response.ok) return body.data;
      throw Object.assign(new Error(body.errors?.[0]?.code ?? "unknown"), { status: response.status });
    } catch (error) {
      if (attempts === 1 || error.status < 500) throw error;
      return this.call(method, path, data, attempts - 1);
    }
  }

  // register makes the webhook with this URL the way it should be. It looks again if a create has failed.
  async register(appID, { url, secret, eventTypes }, attempts = 2) {
    const webhooks = await this.call("GET", `/v1/apps/${appID}/webhooks?limit=10`);
    const known = webhooks.find((webhook) => webhook.attributes.url === url);
    const attributes = { enabled: true, eventTypes, name: "service", secret, url };
    if (known) return this.call("PATCH", "/v1/webhooks/" + known.id, { type: "webhooks", id: known.id, attributes });
    const relationships = { app: { data: { type: "apps", id: appID } } };
    try {
      return await this.call("POST", "/v1/webhooks", { type: "webhooks", attributes, relationships });
    } catch (error) {
      if (attempts === 1 || error.status < 500) throw error;
      return this.register(appID, { url, secret, eventTypes }, attempts - 1);
    }
  }
}
