// Requests to the public address, which is a name that only this machine's edge answers to.
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { endpoint, required } from "./aws.js";

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {import("node:http").IncomingHttpHeaders} headers
 * @property {string} text
 * @property {any} json
 *
 * @typedef {object} Options
 * @property {Record<string, string>} [headers]
 * @property {unknown} [body] Sent as JSON.
 * @property {string} [form] Sent as it is.
 * @property {string} [token]
 */

/** @param {string} method @param {string} path @param {Options} [options] */
export function ask(method, path, options = {}) {
  const url = new URL(required("TEGATA_URL"));
  const [host, port] = required("TEGATA_EDGE").split(":");
  return send(
    httpsRequest({
      ...{ host, port, method, path, headers: headersOf(url.host, options) },
      ...{ servername: url.hostname, ca: readFileSync(required("TEGATA_EDGE_CA")) },
    }),
    options,
  );
}

/** Past the edge, to API Gateway itself. @param {string} api @param {string} method @param {string} path @param {Options} [options] */
export function askDirectly(api, method, path, options = {}) {
  const { hostname, port } = new URL(endpoint);
  const host = `${api}.execute-api.localhost:${port}`;
  return send(
    httpRequest({ host: hostname, port, method, path: `/prod${path}`, headers: headersOf(host, options) }),
    options,
  );
}

/** @param {string} host @param {Options} options */
function headersOf(host, { headers, body, form, token }) {
  return {
    host,
    ...(body !== undefined && { "content-type": "application/json" }),
    ...(form !== undefined && { "content-type": "application/x-www-form-urlencoded" }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...headers,
  };
}

/** @param {import("node:http").ClientRequest} request @param {Options} options @returns {Promise<Answer>} */
function send(request, { body, form }) {
  return new Promise((answered, fail) => {
    request.on("error", fail);
    request.on("response", async (response) => {
      let text = "";
      for await (const chunk of response.setEncoding("utf8")) text += chunk;
      const isJson = /\bjson\b/.test(response.headers["content-type"] ?? "") && text !== "";
      answered({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text,
        json: isJson ? JSON.parse(text) : undefined,
      });
    });
    request.end(body === undefined ? form : JSON.stringify(body));
  });
}
