import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { afterAll } from "vitest";
import cdkJson from "../cdk.json" with { type: "json" };
import { addStacks } from "../lib/app.ts";

const folder = mkdtempSync(join(tmpdir(), "tegata-infra-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Stands for the built functions: synthesis only copies them. */
export const functions = join(folder, "functions");
for (const name of [
  "register",
  "login",
  "refresh",
  "account",
  "oauth",
  "rotate-keys",
  "authorizer",
  "authorizer-federated",
]) {
  mkdirSync(join(functions, name), { recursive: true });
  writeFileSync(join(functions, name, "bootstrap"), name);
}

/** Stands for the built web application. */
const web = join(folder, "web");
mkdirSync(web);
writeFileSync(join(web, "index.html"), "<!doctype html>");

export const context = { ...cdkJson.context, functions, web };

let apps = 0;

/** An app whose output is gone after the tests; by itself it would stay in the directory for temporary files. */
export function newApp(own: Record<string, unknown> = {}): App {
  apps += 1;
  return new App({ context: { ...context, ...own }, outdir: join(folder, `out-${apps}`) });
}

/** The templates of the three stacks, as `cdk deploy` with this context would get them. */
export function templates(extra: Record<string, string> = {}) {
  const app = newApp({ "aws:cdk:disable-asset-staging": true, ...extra });
  const { data, edge, api } = addStacks(app);
  const of = (stack: Stack) => Template.fromStack(stack);
  // Without a data stack of ours there is nothing to look at.
  return { data: of(data ?? new Stack(app, "Nothing")), edge: of(edge), api: of(api) };
}
