import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const sdk = fileURLToPath(new URL("..", import.meta.url));
const resolve = createRequire(import.meta.url).resolve;
const packageFolder = (name: string) => dirname(resolve(`${name}/package.json`));
const folder = mkdtempSync(join(tmpdir(), "tegata-sdk-"));
const installed = join(folder, "node_modules", "@tegata", "sdk");

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

beforeAll(() => {
  execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: sdk });
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error("npm pack made no tarball");
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "consumer", private: true, type: "module" }),
  );
  run("npm", "install", "--offline", "--no-audit", "--no-fund", "--omit=peer", join(folder, tarball));
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the tarball holds the build and what describes it, and nothing else", () => {
  const files = readdirSync(installed, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.includes("."),
  );
  const foreign = files.filter(
    (name) => !/^dist\/[a-z-]+\.(?:js|d\.ts)$|^(?:package\.json|README\.md)$/.test(name),
  );
  expect(foreign).toEqual([]);
  expect(files).toContain("dist/index.d.ts");
  expect(files).toContain("dist/react.js");
});

test("it is an ES module without side effects and without dependencies", () => {
  const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as Record<
    string,
    unknown
  >;
  expect(manifest).toMatchObject({
    type: "module",
    sideEffects: false,
    license: "Apache-2.0 OR MIT",
    peerDependenciesMeta: { react: { optional: true } },
  });
  expect(manifest["dependencies"]).toBeUndefined();
  expect(readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([
    "@tegata",
  ]);
});

test("without React its main entry works in Node.js", () => {
  const script = `
    import { TegataClient, isTegataError } from "@tegata/sdk";
    const client = new TegataClient({
      baseUrl: "https://id.example",
      fetch: async () => Response.json({ code: "invalid_credentials" }, { status: 401 }),
    });
    await client.start();
    const error = await client.login({ username: "a", password: "b" }).catch((error) => error);
    console.log(client.state.status, isTegataError(error), error.code);
    client.close();
  `;
  expect(run(process.execPath, "--input-type=module", "-e", script).trim()).toBe(
    "signed_out true invalid_credentials",
  );
  expect(() =>
    run(process.execPath, "--input-type=module", "-e", 'import "@tegata/sdk/dist/session.js"'),
  ).toThrow("ERR_PACKAGE_PATH_NOT_EXPORTED");
});

test("with React its second entry works, and the types of both are found", () => {
  const modules = join(folder, "node_modules");
  cpSync(packageFolder("react"), join(modules, "react"), { recursive: true });
  mkdirSync(join(modules, "@types"));
  cpSync(packageFolder("@types/react"), join(modules, "@types", "react"), { recursive: true });
  symlinkSync(packageFolder("csstype"), join(modules, "csstype"));

  const script = 'const m = await import("@tegata/sdk/react"); console.log(Object.keys(m).sort().join());';
  expect(run(process.execPath, "--input-type=module", "-e", script).trim()).toBe(
    "AuthProvider,RequireAuth,useAuth",
  );

  writeFileSync(
    join(folder, "consumer.ts"),
    `import { TegataClient, isTegataError, type AuthState, type User } from "@tegata/sdk";
     import { useAuth } from "@tegata/sdk/react";
     export const name = (): string | null => {
       const state: AuthState = useAuth().state;
       return state.status === "signed_in" ? state.user.username : null;
     };
     export async function seconds(client: TegataClient): Promise<User | number | null> {
       try {
         return await client.me();
       } catch (error) {
         if (isTegataError(error) && error.code === "too_many_attempts") return error.retryAfter;
         if (isTegataError(error) && error.code === "validation_failed") return error.errors.length;
         // @ts-expect-error: only the codes that ask for patience say for how long.
         if (isTegataError(error) && error.code === "not_found") return error.retryAfter;
         throw error;
       }
     }`,
  );
  for (const moduleResolution of ["nodenext", "bundler"]) {
    const module = moduleResolution === "nodenext" ? "nodenext" : "esnext";
    run(
      process.execPath,
      resolve("typescript/bin/tsc"),
      ...["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom"],
      ...["--module", module, "--moduleResolution", moduleResolution, "consumer.ts"],
    );
  }
});
