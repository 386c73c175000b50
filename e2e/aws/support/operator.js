// What an operator does with clients, from a machine of their own: the commands of the guide (docs/guides/aws.md, "Clients").
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { credentialsWith, endpoint, forget, required, tableArn } from "./aws.js";

/** Built for the contract of the store, which runs before. */
const PROGRAM = join(import.meta.dirname, "../../../target/debug/tegata-dynamodb");

/** What the guide says that it takes. @param {string} table */
const rights = (table) => [
  {
    Action: ["GetItem", "Query", "PutItem", "DeleteItem"].map((action) => `dynamodb:${action}`),
    Resource: tableArn(table),
  },
];

export class Operator {
  #role = `operator-${process.pid}`;
  #folder = mkdtempSync(join(required("TEGATA_STATE"), "clients-"));
  #table;
  /** @type {import("./aws.js").Credentials | undefined} */
  #credentials;

  /** @param {import("./deployment.js").Deployment} deployment */
  constructor({ tables }) {
    this.#table = tables.data;
    // Of this folder alone: it seals the log of what was done here, and opens nothing in the tables.
    writeFileSync(join(this.#folder, "master.key"), `${randomBytes(32).toString("base64")}\n`, {
      mode: 0o600,
    });
  }

  /** Runs a command. @param {readonly string[]} command */
  async run(...command) {
    this.#credentials ??= await credentialsWith(this.#role, rights(this.#table));
    const { accessKeyId, secretAccessKey, sessionToken = "" } = this.#credentials;
    const settings = {
      "store.kind": "dynamodb",
      "store.dynamodb_table": this.#table,
      "server.public_url": required("TEGATA_URL"),
    };
    const set = Object.entries(settings).flatMap(([name, value]) => ["--set", `${name}=${value}`]);
    const { status, stdout, stderr } = spawnSync(PROGRAM, [...command, "--data-dir", this.#folder, ...set], {
      encoding: "utf8",
      // Only these: a variable of the tests is no setting of the program.
      env: {
        AWS_ENDPOINT_URL: endpoint,
        AWS_REGION: required("AWS_REGION"),
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_SESSION_TOKEN: sessionToken,
      },
    });
    return { status, stdout, stderr };
  }

  /** The answer of a command that must succeed. @param {readonly string[]} command */
  async does(...command) {
    const { status, stdout, stderr } = await this.run(...command);
    if (status !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
    return stdout;
  }

  async end() {
    rmSync(this.#folder, { recursive: true });
    if (this.#credentials) await forget(this.#role);
  }
}
