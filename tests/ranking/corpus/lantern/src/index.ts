export { MapView } from "./map/view";
export { TileCache } from "./map/tiles";
export { formatTimeline, relativeTime } from "./timeline/format";
export { Session } from "./auth/session";
export { HttpClient, HttpError } from "./http/client";
export { LatLngBounds, divIcon } from "leaflet";
