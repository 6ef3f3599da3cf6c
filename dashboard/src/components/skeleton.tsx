import './skeleton.css';

interface SkeletonProps {
  readonly width?: string;
  readonly height: string;
  readonly round?: boolean;
}

/** Placeholder for a text or figure, with its height. */
export function Skeleton({ width = '100%', height, round = false }: SkeletonProps) {
  return <span className="skeleton" data-round={round} style={{ width, height }} />;
}
