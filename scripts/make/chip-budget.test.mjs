import { describe, expect, it } from 'vitest';
import { checkImage, checkInstructions, MAX_FLASH_BYTES, MAX_RAM_BYTES } from './chip-budget.mjs';

const image = { flash: 76_000, data: 400, rodata: 3_200, bss: 12_200 };

describe('the budget of a board', () => {
  it('is kept by an image within it, and says what is left', () => {
    expect(checkImage('lamp', image)).toEqual({ ram: 15_800, left: 1_200, failures: [] });
  });

  it.each(['data', 'rodata', 'bss'])('is broken by one byte too many of .%s', (section) => {
    const rest = MAX_RAM_BYTES - 15_800;
    const full = { ...image, [section]: image[section] + rest };
    expect(checkImage('lamp', full).failures).toEqual([]);
    const over = { ...full, [section]: full[section] + 1 };
    expect(checkImage('lamp', over).failures).toEqual(['static RAM of the lamp: 17001 bytes']);
  });

  it('is broken by too much flash, and by a figure that is none', () => {
    const over = { ...image, flash: MAX_FLASH_BYTES + 1 };
    expect(checkImage('relay', over).failures).toEqual(['flash of the relay: 120001 bytes']);
    expect(checkImage('relay', { ...image, flash: 0 }).failures).toHaveLength(1);
    expect(checkImage('relay', { ...image, bss: NaN }).failures).toHaveLength(1);
  });

  it('is broken by a handshake of as many instructions as with the BearSSL of the core', () => {
    expect(checkInstructions('handshake', 9_517_176)).toEqual([]);
    expect(checkInstructions('handshake', 18_600_000)).toHaveLength(1);
    expect(checkInstructions('handshake', NaN)).toHaveLength(1);
  });

  it('is broken by a turn that may take more than 50 ms', () => {
    expect(checkInstructions('turn-lamp', 2_000_000)).toEqual([]);
    expect(checkInstructions('turn-lamp', 2_000_001)).toHaveLength(1);
  });
});
