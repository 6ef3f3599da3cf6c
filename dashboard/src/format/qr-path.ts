/** The dark modules of a QR code as one SVG path, a run of modules at a time. */
export function qrPath(modules: ArrayLike<number>, size: number): string {
  let path = '';
  for (let y = 0; y < size; y += 1) {
    let x = 0;
    while (x < size) {
      if (!modules[y * size + x]) {
        x += 1;
        continue;
      }
      const from = x;
      while (x < size && modules[y * size + x]) x += 1;
      path += `M${from} ${y}h${x - from}v1h${from - x}z`;
    }
  }
  return path;
}
