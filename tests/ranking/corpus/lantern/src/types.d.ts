/** A tracking event as the server sends it. */
export interface TrackingEvent {
  number: string;
  text: string;
  at: string;
}

export interface TileCoordinates {
  x: number;
  y: number;
  zoom: number;
}

export declare class TileCache {
  constructor(most?: number);
  get(tile: TileCoordinates): Promise<Blob>;
}

export declare function relativeTime(at: Date, now: Date): string;
