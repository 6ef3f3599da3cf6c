import { describe, expect, it } from 'vitest';
import { judgeImage, judgeInstructions, MOST_FLASH_BYTES, MOST_RAM_BYTES } from './chip-budget.mjs';

const image = { flash: 76_000, data: 400, rodata: 3_200, bss: 12_200 };

describe('the budget of a board', () => {
  it('is kept by an image within it, and says what is left', () => {
    expect(judgeImage('lamp', image)).toEqual({ ram: 15_800, left: 1_200, failures: [] });
  });

  it.each(['data', 'rodata', 'bss'])('is broken by one byte too many of .%s', (section) => {
    const rest = MOST_RAM_BYTES - 15_800;
    const full = { ...image, [section]: image[section] + rest };
    expect(judgeImage('lamp', full).failures).toEqual([]);
    const over = { ...full, [section]: full[section] + 1 };
    expect(judgeImage('lamp', over).failures).toEqual(['static RAM of the lamp: 17001 bytes']);
  });

  it('is broken by too much flash, and by a figure that is none', () => {
    const over = { ...image, flash: MOST_FLASH_BYTES + 1 };
    expect(judgeImage('relay', over).failures).toEqual(['flash of the relay: 120001 bytes']);
    expect(judgeImage('relay', { ...image, flash: 0 }).failures).toHaveLength(1);
    expect(judgeImage('relay', { ...image, bss: NaN }).failures).toHaveLength(1);
  });

  it('is broken by a handshake of as many instructions as with the BearSSL of the core', () => {
    expect(judgeInstructions('handshake', 9_517_176)).toEqual([]);
    expect(judgeInstructions('handshake', 18_600_000)).toHaveLength(1);
    expect(judgeInstructions('handshake', NaN)).toHaveLength(1);
  });

  it('is broken by a turn that may take more than 50 ms', () => {
    expect(judgeInstructions('turn-lamp', 2_000_000)).toEqual([]);
    expect(judgeInstructions('turn-lamp', 2_000_001)).toHaveLength(1);
  });
});
