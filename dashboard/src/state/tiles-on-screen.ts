/** Of a tile as small as one can be. */
const TILE_HEIGHT = 180;
const TILE_WIDTH = 280;
/** More would hold up the first paint on a wall display. */
const MAX_TILES = 12;

/** The most tiles that a window shows at once: 4 or 5 on a phone. */
export function tilesOnScreen(size: Pick<Window, 'innerWidth' | 'innerHeight'>): number {
  const rows = Math.max(1, Math.ceil(size.innerHeight / TILE_HEIGHT));
  const columns = Math.max(1, Math.floor(size.innerWidth / TILE_WIDTH));
  return Math.min(MAX_TILES, rows * columns);
}
