import type { TrackingEvent } from "../types";

type Listener = (events: readonly TrackingEvent[]) => void;

/** The events of the parcel on the screen; tells its listeners when there are new ones. */
export class EventStore {
  private events: TrackingEvent[] = [];
  private listeners = new Set<Listener>();

  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  add(event: TrackingEvent): void {
    this.events = [...this.events, event];
    this.listeners.forEach((listener) => listener(this.events));
  }

  /** Undo and redo are for the demo mode. */
  undo(): void {
    this.events = this.events.slice(0, -1);
    this.listeners.forEach((listener) => listener(this.events));
  }
}
