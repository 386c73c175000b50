import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { en } from "../src/i18n/en.ts";
import { ja } from "../src/i18n/ja.ts";
import { en as flowEn } from "../src/i18n/flow/en.ts";
import { ja as flowJa } from "../src/i18n/flow/ja.ts";
import { ACCESS_TOKEN_NOTES, HEADER_NOTES, ID_TOKEN_NOTES } from "../src/inspector/claim-sources.ts";

const folder = join(import.meta.dirname, "..", "src");
const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name) && !name.startsWith("i18n"))
  .map((name) => readFileSync(join(folder, name), "utf8"))
  .join("\n");

test.each(Object.keys(en.ui))("the text %s is used", (key) => {
  expect(new RegExp(`\\b(?:m|ui)\\.${key}\\b`).test(sources)).toBe(true);
});

test.each(Object.keys(flowEn.ui))("the text %s of the flow is used", (key) => {
  expect(new RegExp(`\\b(?:t|ui)\\.${key}\\b`).test(sources)).toBe(true);
});

test("every explanation of a claim is used", () => {
  const notes = [HEADER_NOTES, ACCESS_TOKEN_NOTES, ID_TOKEN_NOTES].flatMap((group) =>
    Object.values(group).map(({ note }) => note),
  );
  expect(new Set([...notes, "other"])).toEqual(new Set(Object.keys(en.claims)));
});

// The compiler demands the same keys; this is about what is behind them.
test.each(["ui", "problems", "fields", "claims"] as const)(
  "the Japanese %s are written in Japanese",
  (group) => {
    const sample = (text: unknown) =>
      typeof text === "function" ? (text as (...values: unknown[]) => string)("7", "8") : String(text);
    expect(Object.keys(ja[group])).toEqual(Object.keys(en[group]));
    for (const [key, text] of Object.entries(ja[group])) {
      if (key === "devices_agent") continue;
      expect(sample(text), key).toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/);
    }
    for (const [key, text] of Object.entries(en[group]))
      expect(sample(text), key).not.toMatch(/[\u3040-\u9fff]/);
  },
);

test.each(["ui", "parameters", "checks"] as const)("the Japanese %s of the flow are in Japanese", (group) => {
  expect(Object.keys(flowJa[group])).toEqual(Object.keys(flowEn[group]));
  for (const [key, text] of Object.entries(flowJa[group]))
    expect(text, key).toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/);
  for (const [key, text] of Object.entries(flowEn[group])) expect(text, key).not.toMatch(/[\u3040-\u9fff]/);
});

test("no page has a text of its own", () => {
  // Words between tags, or in an attribute that is read out.
  const literals = [
    ...sources.matchAll(
      />\s*([A-Z][a-z]+(?: [a-z]+)*)\s*<\/|(?:aria-label|title|placeholder|alt)="([^"]+)"/g,
    ),
  ];
  expect(literals.map((match) => match[1] ?? match[2]).filter((text) => text !== "Tegata")).toEqual([]);
});
