// A client in another language: a program that says where a person has to go and hears where they were led, a JSON object a line.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** No program takes as long. */
const LIMIT_MS = 60_000;

/**
 * Runs it to its end and gives its result.
 *
 * @param {readonly string[]} command
 * @param {object} told The first line that it reads.
 * @param {(url: string) => Promise<URL>} visit Plays the person's browser.
 * @returns {Promise<any>}
 */
export async function run([program = "", ...given], told, visit) {
  const child = spawn(program, given, { stdio: ["pipe", "pipe", "inherit"], timeout: LIMIT_MS });
  const ended = once(child, "exit");
  const say = (/** @type {object} */ message) => child.stdin.write(`${JSON.stringify(message)}\n`);
  let result;
  say(told);
  for await (const line of createInterface({ input: child.stdout })) {
    const message = JSON.parse(line);
    if ("visit" in message) say({ arrived: (await visit(message.visit)).href });
    else result = message.result;
  }
  const [code] = await ended;
  if (code !== 0 || result === undefined) throw new Error(`${program} ${given.join(" ")} ended with ${code}`);
  return result;
}
