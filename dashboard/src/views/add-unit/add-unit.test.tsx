import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '#protocol/errors.ts';
import type { FoundUnit, ProbeOutcome } from '#protocol/hub-link/discovery.ts';
import { ProbeOutcome as Outcomes } from '#protocol/hub-link/discovery.ts';
import { FakeSite } from '../../../testing/fake-site.ts';
import { LAMP_THING } from '../../../testing/fake-things.ts';
import { markupInSite, textOf } from '../../../testing/render-in-site.tsx';
import { probeText } from './probe-text.ts';
import { shellWord } from '../../format/shell-word.ts';
import type { SearchView } from '../../state/unit-search.ts';
import { FoundList } from './found-list.tsx';
import { HowToGiveKey } from './how-to-give-key.tsx';
import { NewBoard } from './new-board.tsx';
import { ProbeResult } from './probe-result.tsx';

const nothing = () => undefined;
const answer = { revision: 'one', isSearching: true, units: [], omitted: 0, serialPorts: [] };

function found(hardwareId: string, more: Partial<FoundUnit> = {}): FoundUnit {
  return {
    hardwareId,
    model: 'rgb-lamp',
    hostName: `${hardwareId}.local`,
    address: { host: '192.0.2.7', port: 8888 },
    isEncrypted: true,
    unitId: null,
    ...more,
  };
}

function listText(search: SearchView, furnish: (site: FakeSite) => void = nothing): string {
  const site = new FakeSite('Home');
  const base = site.addBase('Cellar', 'online');
  furnish(site);
  return textOf(
    markupInSite(
      site,
      <FoundList baseId={base.id} search={search} checking={undefined} onChoose={nothing} />,
    ),
  );
}

describe('what the base finds', () => {
  it('is searched for, and says what to look at while nothing is found', () => {
    expect(listText({ answer: undefined, code: undefined })).toContain('Searching…');
    const text = listText({ answer, code: undefined });
    expect(text).toContain('Searching…');
    expect(text).toContain('Is it powered and on the same network as the base?');
  });

  it('is counted, with what each unit needs', () => {
    const units = [found('lamp-a'), found('lamp-b', { isEncrypted: false })];
    const text = listText({ answer: { ...answer, units, omitted: 3 }, code: undefined });
    expect(text).toContain('Searching, 5 found');
    expect(text).toMatch(/lamp-a.*needs its key.*lamp-b.*not encrypted/);
    expect(text).toContain('And 3 more');
  });

  it('names the units that are added already, here or at another base', () => {
    const site = new FakeSite('Home');
    const base = site.addBase('Cellar', 'online');
    const attic = site.addBase('Attic', 'online');
    const mine = site.addUnit(base, { name: 'Mine', place: '', thing: LAMP_THING });
    const other = site.addUnit(attic, { name: 'Other', place: '', thing: LAMP_THING });
    const units = [
      found('lamp-a', { unitId: mine.id }),
      found(other.identity?.hardwareId ?? ''),
      found('lamp-free'),
    ];
    const markup = markupInSite(
      site,
      <FoundList
        baseId={base.id}
        search={{ answer: { ...answer, units }, code: undefined }}
        checking={undefined}
        onChoose={nothing}
      />,
    );
    expect(textOf(markup)).toContain('Added: Mine');
    expect(textOf(markup)).toContain('At another base: Other');
    expect(markup.match(/<button/g)).toHaveLength(1);
    expect(markup).toContain('aria-label="Add lamp-free"');
  });

  it('says that discovery is off, or why the base does not answer', () => {
    const off = listText({ answer: { ...answer, isSearching: false }, code: undefined });
    expect(off).toContain('Discovery is off in this base’s configuration');
    expect(listText({ answer: undefined, code: 'base_offline' })).toContain('The base is offline.');
  });
});

describe('what answers at an address', () => {
  const shown = (outcome: ProbeOutcome): string =>
    textOf(
      markupInSite(
        new FakeSite('Home'),
        <ProbeResult
          answer={{
            outcome,
            code: outcome === 'nothing' ? 'unit_unreachable' : null,
            unitId: null,
            announced: null,
          }}
          onAdd={nothing}
        />,
      ),
    );

  it.each<[ProbeOutcome, RegExp]>([
    ['nothing', /Nothing answers at this address.*Add it anyway/],
    ['silent', /sends nothing.*Add it anyway/],
    ['other', /not a Signalbox unit.*Add it anyway/],
    ['lines', /older firmware.*Next/],
    ['encrypted', /needs its key.*Next/],
    ['plain', /without a key.*Next/],
    ['added', /already added/],
  ])('%s has a text of its own', (outcome, words) => {
    expect(shown(outcome)).toMatch(words);
  });

  it('has a sentence for every outcome, and none for a unit that is there', () => {
    for (const outcome of Outcomes.options) expect(shown(outcome).length).toBeGreaterThan(30);
    expect(shown('added')).not.toMatch(/Next|anyway/);
  });

  it('gives the reason of the base where that is another than that nobody is there', () => {
    const base = { outcome: 'nothing', unitId: null, announced: null } as const;
    expect(probeText({ ...base, code: 'forbidden' }).text).toContain('right');
  });

  it('says that nothing answers only where something was tried', () => {
    const base = { outcome: 'nothing', unitId: null, announced: null } as const;
    const word = (code: ErrorCode | null) => probeText({ ...base, code }).word;
    expect([word(null), word('unit_unreachable')]).toEqual(
      Array(2).fill('Nothing answers at this address'),
    );
    expect(word('unit_name_unresolved')).toBe('Unknown host name');
    expect(word('unit_address_refused')).toBe('The base does not connect to this address');
    expect(word('forbidden')).toBe('The base could not connect');
  });
});

describe('what has to be done at the base', () => {
  const site = () => {
    const made = new FakeSite('Home');
    const base = made.addBase('Cellar', 'online');
    made.addUnit(base, { name: 'Lamp', place: '', thing: null });
    return { made, address: { host: '192.0.2.7', port: 8888 } };
  };

  it('is one command with the address in it, by what the unit is', () => {
    const { made, address } = site();
    const encrypted = markupInSite(made, <HowToGiveKey address={address} outcome="encrypted" />);
    expect(textOf(encrypted)).toContain('unit-key 192.0.2.7:8888 --key-file unit.key');
    const plain = markupInSite(made, <HowToGiveKey address={address} outcome="plain" />);
    expect(textOf(plain)).toContain('unit-key 192.0.2.7:8888 --plain');
  });

  it('names the port at which the base sees a board', () => {
    const { made } = site();
    const text = textOf(markupInSite(made, <NewBoard serialPorts={['/dev/ttyACM0']} />));
    expect(text).toContain('The base sees /dev/ttyACM0');
    expect(text).toContain('--port /dev/ttyACM0');
    expect(textOf(markupInSite(made, <NewBoard serialPorts={[]} />))).toContain('sees no board');
  });

  it('requires no password', () => {
    const { made } = site();
    expect(markupInSite(made, <NewBoard serialPorts={[]} />)).not.toContain('type="password"');
  });

  it.each([
    ['home', 'home'],
    ['my network', "'my network'"],
    ["Ada's", String.raw`'Ada'\''s'`],
    ['$(reboot)', "'$(reboot)'"],
    ['', "''"],
  ])('quotes %j for a shell', (text, word) => {
    expect(shellWord(text)).toBe(word);
  });
});
