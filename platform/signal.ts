/** What goes against the order of the modules: who comes later follows it. */
export class Signal<T = void> {
  readonly #followers: ((value: T) => void)[] = [];

  /** Never removed: both sides live as long as the program. */
  follow(follower: (value: T) => void): void {
    this.#followers.push(follower);
  }

  /** To all, in the order in which they came. */
  readonly emit = (value: T): void => {
    for (const follower of this.#followers) follower(value);
  };
}
