interface Node<T> {
  readonly children: Map<string, Node<T>>;
  readonly here: Set<T>;
}

const newNode = <T>(): Node<T> => ({ children: new Map(), here: new Set() });

/** Filters with what belongs to each, found by the topics that they match. */
export class FilterTree<T> {
  readonly #root: Node<T> = newNode();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(filter: string, value: T): void {
    let node = this.#root;
    for (const level of filter.split('/')) {
      let child = node.children.get(level);
      if (!child) {
        child = newNode();
        node.children.set(level, child);
      }
      node = child;
    }
    if (node.here.has(value)) return;
    node.here.add(value);
    this.#size += 1;
  }

  remove(filter: string, value: T): void {
    const way: { readonly parent: Node<T>; readonly level: string }[] = [];
    let node = this.#root;
    for (const level of filter.split('/')) {
      const child = node.children.get(level);
      if (!child) return;
      way.push({ parent: node, level });
      node = child;
    }
    if (!node.here.delete(value)) return;
    this.#size -= 1;
    for (const { parent, level } of way.toReversed()) {
      const child = parent.children.get(level);
      if (!child || child.here.size > 0 || child.children.size > 0) return;
      parent.children.delete(level);
    }
  }

  /**
   * What belongs to filters that match this topic. Costs no more than the filters that match
   * its levels, however many others there are.
   */
  matching(topic: string): T[] {
    const levels = topic.split('/');
    const found: T[] = [];
    const isInternal = topic.startsWith('$');
    let nodes: readonly Node<T>[] = [this.#root];
    for (const [index, level] of levels.entries()) {
      const mayBeWild = index > 0 || !isInternal;
      const next: Node<T>[] = [];
      for (const { children } of nodes) {
        const exact = children.get(level);
        if (exact) next.push(exact);
        if (!mayBeWild) continue;
        const any = children.get('+');
        if (any) next.push(any);
        const rest = children.get('#');
        if (rest) found.push(...rest.here);
      }
      nodes = next;
    }
    for (const { children, here } of nodes) {
      found.push(...here);
      // `a/#` matches `a` too.
      const rest = children.get('#');
      if (rest) found.push(...rest.here);
    }
    return found;
  }
}
