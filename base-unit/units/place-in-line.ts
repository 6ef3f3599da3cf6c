import type { Gate } from './gate.ts';

/** One who stands in line at a gate, and may be let past it. */
export class PlaceInLine {
  #skip: (() => void) | undefined;

  /** @returns what gives the place at the gate back; nothing has to be given back by who was let past. */
  async through(gate: Gate): Promise<() => void> {
    const entering = gate.enter();
    const skipping = new Promise<() => void>((resolve) => {
      this.#skip = () => {
        // The place in line is given up once it comes.
        resolve(() => {
          void entering.then((leave) => {
            leave();
          });
        });
      };
    });
    const leave = await Promise.race([entering, skipping]);
    this.#skip = undefined;
    return leave;
  }

  /** Not to stand in line any longer. */
  skip(): void {
    this.#skip?.();
  }
}
