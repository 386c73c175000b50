import { afterEach, expect, test, vi } from "vitest";
import { systemClock } from "../src/environment.ts";

afterEach(() => {
  vi.useRealTimers();
});

test("a wait that is longer than a timer can hold is long, and not over at once", () => {
  vi.useFakeTimers();
  const done = vi.fn();
  systemClock.setTimeout(done, 999_999_999_000);
  vi.advanceTimersByTime(86_400_000);
  expect(done).not.toHaveBeenCalled();
});
