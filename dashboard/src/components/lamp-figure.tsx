import type { ScalarValue } from '#protocol/thing/data-schema.ts';
import { lampGlow } from '../format/lamp-glow.ts';
import './lamp-figure.css';

interface LampFigureProps {
  readonly power: ScalarValue | undefined;
  readonly color: ScalarValue | undefined;
  readonly brightness: ScalarValue | undefined;
  /** A desired value has not been reached yet. */
  readonly waiting: boolean;
  /** The unit is unreachable: the drawing shows the past. */
  readonly stale: boolean;
}

/** A lamp that shines as the unit reported. A ring around it shows a different desired value. */
export function LampFigure(props: LampFigureProps) {
  const glow = lampGlow(props.power, props.color, props.brightness);
  return (
    <span
      className="lamp"
      aria-hidden="true"
      data-lit={glow.lit}
      data-waiting={props.waiting}
      data-stale={props.stale}
      style={{
        '--lamp-color': glow.color,
        '--lamp-level': glow.level,
      }}
    >
      <span className="lamp-bulb" />
    </span>
  );
}
