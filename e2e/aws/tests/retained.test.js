// After `cdk destroy`.
import assert from "node:assert/strict";
import test from "node:test";
import { call } from "../support/aws.js";

test("three tables with their data are still there, and nothing deletes them by mistake", async () => {
  const { body } = await call("dynamodb", "ListTables", {});
  const tables = body["TableNames"].filter((/** @type {string} */ name) => name.startsWith("TegataData-"));
  assert.equal(tables.length, 3);
  for (const TableName of tables) {
    const scanned = await call("dynamodb", "Scan", { TableName, Limit: 5 });
    assert.ok(scanned.body["Count"] > 0, `${TableName} has its items`);
    const { error } = await call("dynamodb", "DeleteTable", { TableName });
    assert.equal(error, "ValidationException", `${TableName} is protected`);
  }
});

test("the key that unseals the signing keys still works", async () => {
  const { body } = await call("kms", "ListKeys", {});
  const keys = await Promise.all(
    body["Keys"].map((/** @type {{ KeyId: string }} */ { KeyId }) => call("kms", "DescribeKey", { KeyId })),
  );
  const ours = keys.find(({ body }) => body["KeyMetadata"].Description.startsWith("Tegata"));
  assert.equal(ours?.body["KeyMetadata"].KeyState, "Enabled");
});
