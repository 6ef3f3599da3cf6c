import { IconButton } from '../components/icon-button.tsx';
import { BackIcon, ForwardIcon, ZoomInIcon, ZoomOutIcon } from '../components/icons.tsx';
import { type HistoryWindow, movedWindow, zoomedWindow } from '../state/history-window.ts';

interface WindowButtonsProps {
  /** What the chart shows. */
  readonly view: HistoryWindow;
  /** It ends now, and moves with the time. */
  readonly isLive: boolean;
  readonly nowMs: number;
  readonly onShow: (view: HistoryWindow) => void;
}

/** What dragging over the chart does, for fingers and for keys. */
export function WindowButtons({ view, isLive, nowMs, onShow }: WindowButtonsProps) {
  return (
    <div className="history-window" role="group" aria-label="Time shown">
      <IconButton aria-label="Earlier" onClick={() => onShow(movedWindow(view, -1, nowMs))}>
        <BackIcon />
      </IconButton>
      <IconButton
        aria-label="Later"
        disabled={isLive}
        onClick={() => onShow(movedWindow(view, 1, nowMs))}
      >
        <ForwardIcon />
      </IconButton>
      <IconButton aria-label="Zoom in" onClick={() => onShow(zoomedWindow(view, 'in', nowMs))}>
        <ZoomInIcon />
      </IconButton>
      <IconButton aria-label="Zoom out" onClick={() => onShow(zoomedWindow(view, 'out', nowMs))}>
        <ZoomOutIcon />
      </IconButton>
    </div>
  );
}
