import { UnitLinkKind } from '#protocol/unit-link-kind.ts';
import { Choice } from '../components/choice.tsx';

interface LinkFieldsProps {
  readonly link: UnitLinkKind;
  readonly onChange: (link: UnitLinkKind) => void;
}

const OLDER: readonly { readonly value: UnitLinkKind; readonly label: string }[] = [
  { value: 'line-sensor', label: 'A sensor that sends numbers' },
  { value: 'line-lamp', label: 'A lamp that accepts colours' },
];

/** The kind of unit at the address, if it is too old to be detected. */
export function LinkFields({ link, onChange }: LinkFieldsProps) {
  const isOlder = link !== 'frames';
  return (
    <>
      <Choice
        type="checkbox"
        label="It has older firmware"
        description="Older than Signalbox: it uses lines of text and cannot encrypt."
        checked={isOlder}
        onChange={(event) => onChange(event.currentTarget.checked ? 'line-sensor' : 'frames')}
      />
      {isOlder ? (
        <fieldset className="choices">
          <legend>
            What is it? <span className="soft small">It cannot be detected.</span>
          </legend>
          {OLDER.map(({ value, label }) => (
            <Choice
              key={value}
              type="radio"
              name="unit-link"
              value={value}
              label={label}
              checked={link === value}
              onChange={(event) => onChange(UnitLinkKind.parse(event.currentTarget.value))}
            />
          ))}
        </fieldset>
      ) : null}
    </>
  );
}
