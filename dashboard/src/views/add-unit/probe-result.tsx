import { Link } from 'wouter';
import type { ProbeAnswer } from '#protocol/hub-link/discovery.ts';
import { Button } from '../../components/button.tsx';
import { useSite } from '../../components/services.ts';
import { Signal } from '../../components/signal.tsx';
import { probeText } from './probe-text.ts';

interface ProbeResultProps {
  readonly answer: ProbeAnswer;
  readonly onAdd: () => void;
}

/** What answered, and what can be done with it. */
export function ProbeResult({ answer, onAdd }: ProbeResultProps) {
  const { store } = useSite();
  const { tone, word, text, isUnit } = probeText(answer);
  const unit = answer.unitId === null ? undefined : store.units.get(answer.unitId);
  return (
    <div role="status" className="probe-result stack-tight">
      <Signal tone={tone} word={word} />
      <p className="soft small">{text}</p>
      {answer.outcome === 'added' ? (
        unit ? (
          <p className="small">
            <Link href={`/units/${unit.id}`}>Open {unit.name}</Link>
          </p>
        ) : null
      ) : (
        <div>
          <Button size="md" variant={isUnit ? 'filled' : 'default'} onClick={onAdd}>
            {isUnit ? 'Next' : 'Add it anyway'}
          </Button>
        </div>
      )}
    </div>
  );
}
