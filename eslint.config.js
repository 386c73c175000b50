import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  globalIgnores(["**/dist/", "**/node_modules/", "target/", "docs/", "infra/cdk.out/"]),
  js.configs.recommended,
  {
    // Node.js and, within `page.evaluate`, a browser: the type check knows what exists where.
    files: ["**/*.js", "**/*.mjs"],
    rules: { "no-undef": "off" },
  },
  {
    files: ["web/**/*.ts", "web/**/*.tsx", "infra/**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "no-console": "error",
    },
  },
  {
    files: ["web/*/src/**"],
    // The modules that may remember something in the browser, and never a token: language and theme; and what a client has to
    // know again when the browser comes back from the provider.
    ignores: ["web/app/src/preferences.ts", "web/app/src/inspector/flow/round-trip.ts"],
    rules: {
      // Tokens live in memory only; language and theme go through src/preferences.ts.
      "no-restricted-globals": ["error", "localStorage", "sessionStorage", "indexedDB"],
      "no-restricted-properties": [
        "error",
        { object: "window", property: "localStorage" },
        { object: "window", property: "sessionStorage" },
        { object: "globalThis", property: "localStorage" },
      ],
    },
  },
  {
    files: ["web/**/*.tsx"],
    extends: [a11y.flatConfigs.strict, hooks.configs.flat["recommended-latest"]],
  },
);
