import { HttpClient } from "../http/client";
import type { TileCoordinates } from "../types";

/** Keeps what was loaded; the least recently used goes first. */
export class TileCache {
  private kept = new Map<string, Blob>();

  constructor(private most = 500, private client = new HttpClient()) {}

  async get(tile: TileCoordinates): Promise<Blob> {
    const key = `${tile.zoom}/${tile.x}/${tile.y}`;
    const found = this.kept.get(key);
    if (found) {
      this.kept.delete(key);
      this.kept.set(key, found);
      return found;
    }
    const loaded = await this.client.blob(`/tiles/${key}.png`);
    this.kept.set(key, loaded);
    if (this.kept.size > this.most) {
      this.kept.delete(this.kept.keys().next().value!);
    }
    return loaded;
  }
}
