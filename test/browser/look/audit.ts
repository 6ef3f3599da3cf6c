import type { Page } from 'playwright-core';

/**
 * What is wrong with the look of a page that a machine can see: texts that run out of it or
 * are cut without an ellipsis, faint texts, controls without a name or too small for a thumb,
 * and a structure that a screen reader cannot follow.
 *
 * @param isTouched whether thumbs press it: else a pointer, which needs less room.
 */
export async function auditLook(page: Page, isTouched: boolean): Promise<string[]> {
  return await page.evaluate(audit, isTouched ? 44 : 24);
}

/** Runs in the page, so it must contain everything that it needs. */
function audit(minTargetPx: number): string[] {
  const found = new Set<string>();
  const nameOf = (element: Element): string => {
    const label = element.getAttribute('aria-label') ?? element.textContent.trim().slice(0, 40);
    return `<${element.tagName.toLowerCase()} ${element.getAttribute('class') ?? ''}> ${label}`;
  };
  const note = (element: Element, what: string) => found.add(`${what}: ${nameOf(element)}`);
  const isShown = (element: Element): boolean =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    element.closest('.visually-hidden, .skip-link, [aria-hidden="true"]') === null;
  const modal = document.querySelector('dialog:modal, :popover-open');
  const root = modal ?? document.body;
  const all = [...root.querySelectorAll('*')].filter(isShown);

  type Rgba = readonly [number, number, number, number];
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgbaOf = (color: string): Rgba => {
    if (!canvas) return [0, 0, 0, 1];
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r = 0, g = 0, b = 0, a = 0] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a]: Rgba, [r2, g2, b2]: Rgba): Rgba => [
    r * a + r2 * (1 - a),
    g * a + g2 * (1 - a),
    b * a + b2 * (1 - a),
    1,
  ];
  const groundOf = (element: Element | null): Rgba => {
    if (element === null) return [255, 255, 255, 1];
    const own = rgbaOf(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, groundOf(element.parentElement));
  };
  const luminance = ([r, g, b]: Rgba): number => {
    const [x = 0, y = 0, z = 0] = [r, g, b].map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const contrast = (a: Rgba, b: Rgba): number => {
    const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const fadeOf = (element: Element | null): number =>
    element === null
      ? 1
      : Number(getComputedStyle(element).opacity) * fadeOf(element.parentElement);

  const { clientWidth, scrollWidth } = document.documentElement;
  if (scrollWidth > clientWidth) found.add(`the page is ${scrollWidth - clientWidth} px too wide`);

  for (const element of all) {
    const style = getComputedStyle(element);
    const hasText = [...element.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && (node.textContent ?? '').trim() !== '',
    );
    const isClipped = ['hidden', 'clip'].includes(style.overflowX);
    const isWider = element.scrollWidth > element.clientWidth + 1;
    const isScrolled = ['auto', 'scroll'].includes(style.overflowX);
    if (isWider && isClipped && hasText && style.textOverflow !== 'ellipsis') {
      note(element, 'cut without an ellipsis');
    }
    if (isScrolled && isWider && element.clientWidth > 0 && !element.hasAttribute('tabindex')) {
      note(element, 'scrolls sideways, and not by keys');
    }
    if (!hasText) continue;
    const isOff = element.closest(':disabled, [aria-disabled="true"]') !== null;
    const isLarge =
      Number.parseFloat(style.fontSize) >= 24 ||
      (Number.parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    const ground = groundOf(element);
    const [r, g, b, a] = rgbaOf(style.color);
    const ink = over([r, g, b, a * fadeOf(element)], ground);
    const ratio = contrast(ink, ground);
    if (!isOff && ratio < (isLarge ? 3 : 4.5)) {
      note(element, `faint text, ${ratio.toFixed(2)}:1`);
    }
  }

  const controls = all.filter((element) =>
    element.matches('a[href], button, input, select, textarea, summary, [role="button"]'),
  );
  const labelOf = (element: Element): string => {
    const by = element.getAttribute('aria-labelledby')?.split(' ') ?? [];
    const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
    const select = element instanceof HTMLSelectElement ? [...element.labels] : [];
    return [
      element.getAttribute('aria-label'),
      ...by.map((id) => document.getElementById(id)?.textContent),
      ...[...labels, ...select].map((label) => label.textContent),
      element.matches('select') ? '' : element.textContent,
    ]
      .join('')
      .trim();
  };
  const names = new Map<string, Element>();
  for (const control of controls) {
    const label = labelOf(control);
    if (label === '') note(control, 'has no name');
    const form = control.closest('form[aria-label]')?.getAttribute('aria-label') ?? '';
    const kind = control.matches('a') ? 'link' : `control ${form}`;
    const other = names.get(`${kind} ${label}`);
    // A button with a text is identified by its surroundings; a control only by its name.
    const isAlone = control.matches('input, select, textarea, [aria-haspopup]');
    if (other && isAlone) note(control, 'has the name of another control');
    names.set(`${kind} ${label}`, control);
  }

  /** From its middle so far each way, a press reaches it. */
  const reach = (control: Element): number => {
    control.scrollIntoView({ block: 'center', inline: 'center' });
    const { left, top, width, height } = control.getBoundingClientRect();
    const [x, y] = [left + width / 2, top + height / 2];
    const label = control instanceof HTMLInputElement ? control.labels?.[0] : undefined;
    const hits = (dx: number, dy: number): boolean => {
      const hit = document.elementFromPoint(x + dx, y + dy);
      return hit !== null && (control.contains(hit) || (label?.contains(hit) ?? false));
    };
    if (!hits(0, 0)) return 0;
    let [up, down, toLeft, toRight] = [0, 0, 0, 0];
    while (up < minTargetPx && hits(0, -up - 1)) up += 1;
    while (down < minTargetPx && hits(0, down + 1)) down += 1;
    while (toLeft < minTargetPx && hits(-toLeft - 1, 0)) toLeft += 1;
    while (toRight < minTargetPx && hits(toRight + 1, 0)) toRight += 1;
    return Math.min(up + down + 1, toLeft + toRight + 1);
  };
  for (const control of controls) {
    // Within a sentence a link is as high as its line (WCAG 2.5.8).
    const isInText =
      control.matches('a') &&
      getComputedStyle(control).display === 'inline' &&
      [...(control.parentElement?.childNodes ?? [])].some(
        (node) => node.nodeType === Node.TEXT_NODE && (node.textContent ?? '').trim() !== '',
      );
    if (isInText) continue;
    const px = reach(control);
    if (px < minTargetPx) note(control, `a target of ${px} px`);
  }
  window.scrollTo(0, 0);

  if (!modal) {
    const headings = [...root.querySelectorAll('h1, h2, h3, h4')].filter((each) =>
      each.checkVisibility(),
    );
    const tops = [...document.querySelectorAll('h1')].filter((each) => each.checkVisibility());
    if (tops.length !== 1) found.add(`${tops.length} headings of the first level`);
    let level = 1;
    for (const heading of headings) {
      const own = Number(heading.tagName.slice(1));
      if (own > level + 1) note(heading, `a heading of level ${own} after one of ${level}`);
      level = own;
    }
    if (document.querySelectorAll('main').length !== 1) found.add('not one main part');
  }
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  for (const id of ids.filter((each, index) => ids.indexOf(each) !== index)) {
    found.add(`the id ${id} is there twice`);
  }
  for (const list of root.querySelectorAll('ul, ol')) {
    if ([...list.children].some((child) => child.tagName !== 'LI')) {
      note(list, 'a list of something else than items');
    }
  }
  return [...found];
}
