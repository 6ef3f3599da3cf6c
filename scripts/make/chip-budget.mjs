// The firmware's limits on an ESP8266, and violations of them.

/** Static RAM of ours, of 80 KB in all: what an image has beyond a bare sketch. */
export const MAX_RAM_BYTES = 17_000;
export const MAX_FLASH_BYTES = 120_000;

/** In instructions of the chip; at 80 MHz a million take 12.5 ms and more. */
const MAX_INSTRUCTIONS = {
  handshake: 10_500_000,
  resumption: 400_000,
  'seal-64': 12_000,
  'open-64': 12_000,
  'seal-1008': 105_000,
  signature: 24_000_000,
};
/**
 * Per turn of the loop, which may take 50 ms: half of the 4 million that 80 MHz allow,
 * since uncached code takes several cycles per instruction.
 */
const MAX_INSTRUCTIONS_OF_TURN = 2_000_000;
const TURN = 'turn-';

/**
 * @param {string} name of the image
 * @param {{ flash: number, data: number, rodata: number, bss: number }} sizes in bytes
 * @returns {{ ram: number, left: number, failures: string[] }}
 */
export function checkImage(name, sizes) {
  const ram = sizes.data + sizes.rodata + sizes.bss;
  const failures = [];
  if (!(ram > 0 && ram <= MAX_RAM_BYTES)) failures.push(`static RAM of the ${name}: ${ram} bytes`);
  if (!(sizes.flash > 0 && sizes.flash <= MAX_FLASH_BYTES)) {
    failures.push(`flash of the ${name}: ${sizes.flash} bytes`);
  }
  return { ram, left: MAX_RAM_BYTES - ram, failures };
}

/**
 * @param {string} operation as lx106/cost_program.cpp and lx106/turn_program.cpp name it
 * @param {number} instructions
 * @returns {string[]} the violations
 */
export function checkInstructions(operation, instructions) {
  const most = operation.startsWith(TURN) ? MAX_INSTRUCTIONS_OF_TURN : MAX_INSTRUCTIONS[operation];
  return instructions > 0 && instructions <= most
    ? []
    : [`${operation}: ${instructions} instructions, and ${most} are allowed`];
}
