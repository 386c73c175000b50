import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const css = readFileSync(join(import.meta.dirname, "../src/styles/tokens.css"), "utf8");

function colour(name: string, theme: 0 | 1): string {
  const declared = new RegExp(`--${name}:\\s*([^;]+);`).exec(css)?.[1] ?? "";
  const pair = declared.match(/#[0-9a-f]{6}/g) ?? [];
  const chosen = pair.length === 1 ? pair[0] : pair[theme];
  if (chosen === undefined) throw new Error(`--${name} is no colour`);
  return chosen;
}

/** Relative luminance (WCAG 2.2). */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const texts = [
  ["ink", ["paper", "surface", "surface-sunk"]],
  ["ink-soft", ["paper", "surface", "surface-sunk", "good-wash"]],
  ["accent", ["paper", "surface", "accent-wash"]],
  ["seal-ink", ["seal", "seal-deep"]],
  ["good", ["paper", "surface", "good-wash"]],
  ["warn", ["warn-wash"]],
  ["bad", ["paper", "surface", "bad-wash"]],
  ["wood-ink", ["wood"]],
] as const;

const pairs = texts.flatMap(([text, grounds]) => grounds.map((ground) => [text, ground] as const));

test.each(pairs)("%s is readable on %s, by day and by night", (text, ground) => {
  for (const theme of [0, 1] as const) {
    expect(contrast(colour(text, theme), colour(ground, theme))).toBeGreaterThanOrEqual(4.5);
  }
});

test.each([
  ["focus", "paper"],
  ["focus", "surface"],
  ["line-strong", "surface"],
  ["line-strong", "paper"],
])("%s is visible on %s (WCAG 1.4.11)", (line, ground) => {
  for (const theme of [0, 1] as const) {
    expect(contrast(colour(line, theme), colour(ground, theme))).toBeGreaterThanOrEqual(3);
  }
});
