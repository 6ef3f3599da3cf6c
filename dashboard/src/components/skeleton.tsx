import './skeleton.css';

interface SkeletonProps {
  readonly width?: string;
  readonly height: string;
  readonly round?: boolean;
}

/** Stands where a text or a figure will be, as high as it. */
export function Skeleton({ width = '100%', height, round = false }: SkeletonProps) {
  return <span className="skeleton" data-round={round} style={{ width, height }} />;
}
