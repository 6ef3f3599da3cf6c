import type { Source } from './source.ts';

/** Drawn by the library for charts, not by a component. */
const OF_THE_CHART = /^u-/;

export function classesWithRules(css: string): Set<string> {
  const selectors = css.replaceAll(/\/\*[\s\S]*?\*\//g, '').matchAll(/([^{}]+)\{/g);
  const found = [...selectors].flatMap(([, selector = '']) =>
    [...selector.matchAll(/\.([a-z][\w-]*)/gi)].map(([, name = '']) => name),
  );
  return new Set(found);
}

/** @returns the classes, and how those begin whose end is computed. */
export function classesOnElements(tsx: string): { whole: string[]; prefixes: string[] } {
  const texts = [
    ...tsx.matchAll(/[cC]lassName="([^"]*)"/g),
    ...tsx.matchAll(/className=\{`([^`]*)`\}/g),
    ...tsx.matchAll(/_CLASS = '([^']*)'/g),
  ].flatMap(([, text = '']) => text.replaceAll(/\$\{[^}]*\}/g, '$').split(/\s+/));
  const words = texts.filter((text) => text !== '' && text !== '$');
  return {
    whole: words.filter((word) => !word.includes('$')),
    prefixes: words.filter((word) => word.endsWith('$')).map((word) => word.slice(0, -1)),
  };
}

/** Classes on one side only: a style without an element, or a class without a style. */
export function unmatchedClasses(sources: readonly Source[]): {
  withoutElement: string[];
  withoutRule: string[];
} {
  const textOf = (ending: RegExp) =>
    sources.filter(({ path }) => ending.test(path)).map(({ text }) => text);
  const rules = new Set(textOf(/\.css$/).flatMap((css) => [...classesWithRules(css)]));
  const elements = textOf(/\.tsx?$/).map(classesOnElements);
  const whole = new Set(elements.flatMap((one) => one.whole));
  const prefixes = elements.flatMap((one) => one.prefixes);
  const isOnElement = (name: string) =>
    whole.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
  return {
    withoutElement: [...rules].filter((name) => !isOnElement(name) && !OF_THE_CHART.test(name)),
    withoutRule: [...whole].filter((name) => !rules.has(name)),
  };
}
