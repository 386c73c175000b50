import type { TegataErrorCode } from "./errors.js";

/** One request that was answered, or got no answer. */
export interface RequestEvent {
  id: number;
  /**
   * `request`: asked by the caller; `refresh`: asks for a new access token; `retry`: the one repetition of a request
   * that was refused with `invalid_token`.
   */
  kind: "request" | "refresh" | "retry";
  method: string;
  /** Without query: a timeline must not become a second place that knows secrets. */
  path: string;
  /** `null`: no answer came. */
  status: number | null;
  code: TegataErrorCode | null;
  /** Milliseconds since 1970. */
  startedAt: number;
  /** Milliseconds. */
  duration: number;
}

/** New tokens replaced the old ones in this page's memory. */
export interface RotationEvent {
  id: number;
  kind: "rotation";
  source: "login" | "refresh" | "other_tab";
  /** Milliseconds since 1970. */
  startedAt: number;
}

export type TimelineEvent = RequestEvent | RotationEvent;

type WithoutId<Event> = Event extends unknown ? Omit<Event, "id"> : never;

/** The last requests of this page, oldest first. Holds no token and no body. */
export interface Timeline {
  readonly events: readonly TimelineEvent[];
  readonly subscribe: (listener: (event: TimelineEvent) => void) => () => void;
}

const KEPT = 100;

/** @internal */
export class TimelineLog implements Timeline {
  #events: readonly TimelineEvent[] = [];
  #nextId = 1;
  readonly #listeners = new Set<(event: TimelineEvent) => void>();

  /** A new array for each change, so that a view can compare by identity. */
  get events(): readonly TimelineEvent[] {
    return this.#events;
  }

  subscribe = (listener: (event: TimelineEvent) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  add(event: WithoutId<TimelineEvent>): void {
    const entry = { ...event, id: this.#nextId++ };
    this.#events = [...this.#events, entry].slice(-KEPT);
    for (const listener of this.#listeners) listener(entry);
  }
}
