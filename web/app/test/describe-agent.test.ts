import { expect, test } from "vitest";
import { describeAgent } from "../src/ui/describe-agent.ts";

test.each([
  [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/131.0",
    "Edge",
    "Windows",
  ],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15",
    "Safari",
    "macOS",
  ],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox", "Linux"],
  [
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36",
    "Chrome",
    "Android",
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) CriOS/131.0 Mobile Safari/604.1",
    "Chrome",
    "iPhone",
  ],
])("%s", (userAgent, browser, system) => {
  expect(describeAgent(userAgent)).toEqual({ browser, system });
});

test("what is no browser is not taken for one", () => {
  for (const userAgent of [null, "", "curl/8.5.0", "tegata-cli", "<script>"])
    expect(describeAgent(userAgent)).toBeNull();
});
