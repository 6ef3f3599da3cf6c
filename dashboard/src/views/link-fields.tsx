import '@mantine/core/styles/Checkbox.css';
import '@mantine/core/styles/Radio.css';
import { Checkbox, Radio } from '@mantine/core';
import { UnitLinkKind } from '#protocol/unit-link-kind.ts';

interface LinkFieldsProps {
  readonly link: UnitLinkKind;
  readonly onChange: (link: UnitLinkKind) => void;
}

/** What speaks at the address, where it is too old to say that itself. */
export function LinkFields({ link, onChange }: LinkFieldsProps) {
  const isOlder = link !== 'frames';
  return (
    <>
      <Checkbox
        size="md"
        label="It has older firmware"
        description="From before Signalbox: it speaks lines of text, and cannot encrypt."
        checked={isOlder}
        onChange={(event) => onChange(event.currentTarget.checked ? 'line-sensor' : 'frames')}
      />
      {isOlder ? (
        <Radio.Group
          size="md"
          label="What is it?"
          description="It cannot say so itself."
          descriptionProps={{ mb: 'xs' }}
          value={link}
          onChange={(chosen) => onChange(UnitLinkKind.parse(chosen))}
        >
          <div className="stack-tight">
            <Radio size="md" value="line-sensor" label="A sensor, which sends numbers" />
            <Radio size="md" value="line-lamp" label="A lamp, which takes colours" />
          </div>
        </Radio.Group>
      ) : null}
    </>
  );
}
