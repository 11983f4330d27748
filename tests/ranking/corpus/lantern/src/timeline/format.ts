import type { TrackingEvent } from "../types";

const STEPS: [number, string][] = [
  [60, "second"],
  [3600, "minute"],
  [86400, "hour"],
];

/** "3 minutes ago" */
export function relativeTime(at: Date, now: Date): string {
  const seconds = Math.round((now.getTime() - at.getTime()) / 1000);
  let unit = 1;
  for (const [limit, name] of STEPS) {
    if (seconds < limit) {
      const count = Math.floor(seconds / unit);
      return `${count} ${name}${count === 1 ? "" : "s"} ago`;
    }
    unit = limit;
  }
  return at.toISOString().slice(0, 10);
}

/** Newest first, one line each. */
export function formatTimeline(events: TrackingEvent[], now: Date): string[] {
  return [...events]
    .sort((a, b) => b.at.localeCompare(a.at))
    .map((event) => `${relativeTime(new Date(event.at), now)}: ${event.text}`);
}
