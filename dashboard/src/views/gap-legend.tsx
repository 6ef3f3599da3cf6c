import type { ReadingGap } from '#protocol/reading.ts';
import { GAP_REASONS, gapTimesText, lostText } from '../format/gap-text.ts';
import './gap-legend.css';

/** The most gaps that can be listed at a glance; more are summed up. */
const SHOWN = 3;

/** The legend for the hatching in a chart: which readings are lost, and why. */
export function GapLegend({ gaps }: { readonly gaps: readonly ReadingGap[] }) {
  if (gaps.length === 0) return null;
  const shown = gaps.slice(-SHOWN).reverse();
  const rest = gaps.slice(0, -SHOWN);
  return (
    <ul className="plain-list gaps" aria-label="Lost readings">
      {shown.map((gap) => (
        <li key={`${gap.fromMs}-${gap.toMs}-${gap.reason}`} className="gaps-row">
          <span className="gaps-swatch" aria-hidden="true" />
          <span>
            <strong>{lostText([gap])} lost:</strong> {GAP_REASONS[gap.reason]}.{' '}
            <span className="soft number">{gapTimesText(gap)}</span>{' '}
            <span className="code">{gap.reason}</span>
          </span>
        </li>
      ))}
      {rest.length === 0 ? null : (
        <li className="soft">
          and {lostText(rest)} in {rest.length} earlier {rest.length === 1 ? 'gap' : 'gaps'}
        </li>
      )}
    </ul>
  );
}
