// What each function may do, tried with its own role: one thing that it needs, and those that would make it dangerous.
import assert from "node:assert/strict";
import test from "node:test";
import { call, credentialsOf } from "../support/aws.js";
import { findDeployment } from "../support/deployment.js";

const { tables, masterKey, role } = await findDeployment();

const key = { pk: { S: "e2e" }, sk: { S: "e2e" } };
/** Never true, so that nothing is written; a right that is missing is noticed before. */
const never = { ConditionExpression: "attribute_exists(never)" };

/** @type {Record<string, (table: string) => [string, object]>} */
const ACTIONS = {
  GetItem: (TableName) => ["GetItem", { TableName, Key: key }],
  PutItem: (TableName) => ["PutItem", { TableName, Item: key, ...never }],
  UpdateItem: (TableName) => ["UpdateItem", { TableName, Key: key, UpdateExpression: "REMOVE x", ...never }],
  DeleteItem: (TableName) => ["DeleteItem", { TableName, Key: key, ...never }],
  Query: (TableName) => [
    "Query",
    { TableName, KeyConditionExpression: "pk = :p", ExpressionAttributeValues: { ":p": key.pk } },
  ],
  Scan: (TableName) => ["Scan", { TableName }],
};

/** @param {keyof typeof tables} table @param {string} action */
const on = (table, action) => ({
  what: `${action} on ${table}`,
  try: async (/** @type {import("../support/aws.js").Credentials} */ credentials) => {
    const [name, input] = /** @type {(table: string) => [string, object]} */ (ACTIONS[action])(tables[table]);
    return (await call("dynamodb", name, input, credentials)).error;
  },
});

/** @param {"Decrypt" | "GenerateDataKey" | "Encrypt"} action */
const onKey = (action) => ({
  what: `${action} with the KMS key`,
  try: async (/** @type {import("../support/aws.js").Credentials} */ credentials) => {
    const input = {
      Decrypt: { KeyId: masterKey, CiphertextBlob: Buffer.from("no ciphertext").toString("base64") },
      GenerateDataKey: { KeyId: masterKey, KeySpec: "AES_256" },
      Encrypt: { KeyId: masterKey, Plaintext: Buffer.from("text").toString("base64") },
    }[action];
    return (await call("kms", action, input, credentials)).error;
  },
});

/** @type {Record<import("../support/deployment.js").FunctionName, { may: any[], mustNot: any[] }>} */
const RIGHTS = {
  Register: {
    may: [on("data", "PutItem"), on("data", "GetItem"), on("publicKeys", "GetItem"), onKey("Decrypt")],
    mustNot: [
      on("keys", "GetItem"),
      on("publicKeys", "PutItem"),
      on("data", "Scan"),
      on("data", "Query"),
      on("data", "DeleteItem"),
      onKey("GenerateDataKey"),
    ],
  },
  Login: {
    may: [on("data", "GetItem"), on("keys", "GetItem"), onKey("Decrypt")],
    mustNot: [on("keys", "PutItem"), on("publicKeys", "PutItem"), on("data", "Query"), on("data", "Scan")],
  },
  Refresh: {
    may: [on("data", "UpdateItem"), on("keys", "GetItem"), onKey("Decrypt")],
    mustNot: [on("data", "PutItem"), on("data", "Query"), on("keys", "UpdateItem"), onKey("Encrypt")],
  },
  Account: {
    may: [on("data", "Query"), on("data", "DeleteItem"), on("publicKeys", "GetItem"), onKey("Decrypt")],
    mustNot: [on("keys", "GetItem"), on("publicKeys", "PutItem"), on("data", "Scan")],
  },
  OAuth: {
    may: [on("data", "PutItem"), on("data", "Query"), on("keys", "GetItem"), onKey("Decrypt")],
    mustNot: [
      on("keys", "PutItem"),
      on("publicKeys", "PutItem"),
      on("data", "Scan"),
      onKey("GenerateDataKey"),
      onKey("Encrypt"),
    ],
  },
  RotateKeys: {
    may: [on("keys", "PutItem"), on("publicKeys", "PutItem"), onKey("GenerateDataKey")],
    mustNot: [on("data", "GetItem"), on("data", "Query"), on("keys", "DeleteItem"), on("keys", "Scan")],
  },
  Authorizer: {
    may: [],
    mustNot: [
      on("data", "GetItem"),
      on("keys", "GetItem"),
      on("publicKeys", "GetItem"),
      onKey("Decrypt"),
      onKey("GenerateDataKey"),
    ],
  },
};

for (const [name, { may, mustNot }] of Object.entries(RIGHTS)) {
  const credentials = () => credentialsOf(role(/** @type {any} */ (name)));

  test(`${name} may do what it is there for`, async () => {
    for (const right of may)
      assert.notEqual(await right.try(await credentials()), "AccessDeniedException", right.what);
  });

  test(`${name} is denied what it must not do`, async () => {
    for (const right of mustNot)
      assert.equal(await right.try(await credentials()), "AccessDeniedException", right.what);
  });
}
