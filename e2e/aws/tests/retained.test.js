// After `cdk destroy`.
import assert from "node:assert/strict";
import test from "node:test";
import { call } from "../support/aws.js";

// That AWS refuses to delete a protected table is not modelled here; that they are protected is a test of the templates.
test("three tables with their data are still there", async () => {
  const { body } = await call("dynamodb", "ListTables", {});
  const tables = body["TableNames"].filter((/** @type {string} */ name) => name.startsWith("TegataData-"));
  assert.equal(tables.length, 3);
  for (const TableName of tables) {
    const scanned = await call("dynamodb", "Scan", { TableName, Limit: 5 });
    assert.ok(scanned.body["Count"] > 0, `${TableName} has its items`);
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
