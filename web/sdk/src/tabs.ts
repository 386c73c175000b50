import type { Channel, Locks, OpenChannel } from "./environment.js";
import { isRecord } from "./errors.js";
import type { HeldTokens } from "./session.js";

/** What tabs tell each other. A channel reaches only pages of the same origin, which share the cookies anyway. @internal */
export type TabMessage =
  | { type: "tokens"; tokens: HeldTokens }
  | { type: "signed_out"; reason: "signed_out" | "ended"; sid: string | null; at: number };

/** The other tabs of this origin: one refresh for all of them, one logout for all of them. @internal */
export class Tabs {
  readonly #locks: Locks;
  readonly #name: string;
  readonly #channel: Channel;

  constructor(origin: string, locks: Locks, open: OpenChannel, receive: (message: TabMessage) => void) {
    this.#name = `tegata ${origin}`;
    this.#locks = locks;
    this.#channel = open(this.#name, (message) => {
      const known = parseMessage(message);
      if (known) receive(known);
    });
  }

  /**
   * Does work that changes the cookies while no other tab does.
   *
   * `contended` says that another one was at it, so that its result may be on its way through the channel.
   */
  async exclusive<T>(work: (contended: boolean) => Promise<T>): Promise<T> {
    const first = await this.#locks.request(this.#name, { ifAvailable: true }, async (lock) =>
      lock === null ? null : { value: await work(false) },
    );
    return first ? first.value : this.#locks.request(this.#name, {}, () => work(true));
  }

  publish(message: TabMessage): void {
    this.#channel.postMessage(message);
  }

  close(): void {
    this.#channel.close();
  }
}

/** Another release of this package may run in the other tab: what is not understood is left alone. */
function parseMessage(message: unknown): TabMessage | null {
  if (!isRecord(message)) return null;
  const { type, tokens, reason, sid, at } = message;
  if (type === "tokens" && isHeldTokens(tokens)) return { type, tokens };
  if (type === "signed_out" && (reason === "signed_out" || reason === "ended") && typeof at === "number") {
    return { type, reason, at, sid: typeof sid === "string" ? sid : null };
  }
  return null;
}

function isHeldTokens(value: unknown): value is HeldTokens {
  return (
    isRecord(value) &&
    ["accessToken", "idToken", "scope"].every((member) => typeof value[member] === "string") &&
    ["obtainedAt", "expiresAt"].every((member) => typeof value[member] === "number")
  );
}
