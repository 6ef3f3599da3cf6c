interface Flight<T> {
  readonly running: Promise<T>;
  next: Promise<T> | undefined;
}

/**
 * Coalesces costly reads. A request during a read shares the next one, which begins
 * afterwards: nobody gets a state from before their request.
 */
export class SingleFlight<K, T> {
  readonly #flights = new Map<K, Flight<T>>();

  run(key: K, read: () => Promise<T>): Promise<T> {
    const flight = this.#flights.get(key);
    if (!flight) return this.#start(key, read);
    const start = (): Promise<T> => this.#start(key, read);
    flight.next ??= flight.running.then(start, start);
    return flight.next;
  }

  #start(key: K, read: () => Promise<T>): Promise<T> {
    const flight: Flight<T> = { running: read(), next: undefined };
    this.#flights.set(key, flight);
    const over = (): void => {
      if (!flight.next) this.#flights.delete(key);
    };
    flight.running.then(over, over);
    return flight.running;
  }
}
