import { TileCache } from "./tiles";
import type { TileCoordinates } from "../types";

const TILE = 256;

/** Draws the map and the parcel's marker; can be dragged and zoomed. */
export class MapView {
  private zoom = 12;
  private center = { lat: 52.5, lon: 13.4 };

  constructor(private canvas: HTMLCanvasElement, private tiles: TileCache) {
    canvas.addEventListener("wheel", (event) => this.zoomBy(event.deltaY > 0 ? -1 : 1));
  }

  zoomBy(steps: number): void {
    this.zoom = Math.min(18, Math.max(2, this.zoom + steps));
    void this.draw();
  }

  async draw(): Promise<void> {
    const context = this.canvas.getContext("2d")!;
    for (const tile of this.visible()) {
      const image = await createImageBitmap(await this.tiles.get(tile));
      context.drawImage(image, tile.x * TILE, tile.y * TILE);
    }
  }

  /** Web Mercator: the tiles that the screen shows. */
  private visible(): TileCoordinates[] {
    const x = ((this.center.lon + 180) / 360) * 2 ** this.zoom;
    const radians = (this.center.lat * Math.PI) / 180;
    const y = ((1 - Math.asinh(Math.tan(radians)) / Math.PI) / 2) * 2 ** this.zoom;
    return [{ x: Math.floor(x), y: Math.floor(y), zoom: this.zoom }];
  }
}
