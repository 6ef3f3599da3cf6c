import { create } from 'qrcode';
import { useMemo } from 'react';
import { qrPath } from '../format/qr-path.ts';

interface QrCodeProps {
  readonly text: string;
  readonly label: string;
}

/** Quiet zone around the code, in modules (ISO/IEC 18004 section 6.3.8). */
const QUIET = 4;

/** A QR code, drawn black on white in both themes: cameras expect it so. */
export function QrCode({ text, label }: QrCodeProps) {
  const { path, side } = useMemo(() => {
    const { modules } = create(text, { errorCorrectionLevel: 'M' });
    return { path: qrPath(modules.data, modules.size), side: modules.size + 2 * QUIET };
  }, [text]);
  return (
    <svg
      className="qr"
      viewBox={`${-QUIET} ${-QUIET} ${side} ${side}`}
      role="img"
      aria-label={label}
    >
      <path d={path} fill="#000" shapeRendering="crispEdges" />
    </svg>
  );
}
