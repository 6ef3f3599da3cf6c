import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** A function as a profile of V8 names it. */
export const Frame = z.object({
  functionName: z.string(),
  url: z.string(),
  /** Both count from 0. */
  lineNumber: z.number(),
  columnNumber: z.number(),
});
export type Frame = z.infer<typeof Frame>;

const SourceMapFile = z.object({
  version: z.number(),
  file: z.string().default(''),
  sourceRoot: z.string().default(''),
  sources: z.array(z.string()),
  sourcesContent: z.array(z.string()).default([]),
  names: z.array(z.string()),
  mappings: z.string(),
});
/** Lines that the bundler wrote itself have no source. */
const Entry = z.object({ originalSource: z.string().optional() });

/** From the lines of bundles to the files that they were made of, by the maps beside the bundles. */
export class SourceFiles {
  readonly #maps = new Map<string, SourceMap | undefined>();

  /** The frame with the file of its source as its `url`; as it was where no map knows it. */
  of(frame: Frame): Frame {
    if (!frame.url.startsWith('file:')) return frame;
    const bundle = fileURLToPath(frame.url);
    const entry = this.#mapOf(bundle)?.findEntry(frame.lineNumber, frame.columnNumber);
    const { originalSource } = Entry.parse(entry ?? {});
    if (originalSource === undefined) return frame;
    return { ...frame, url: resolve(bundle, '..', originalSource) };
  }

  #mapOf(bundle: string): SourceMap | undefined {
    if (!this.#maps.has(bundle)) this.#maps.set(bundle, readMap(`${bundle}.map`));
    return this.#maps.get(bundle);
  }
}

function readMap(file: string): SourceMap | undefined {
  if (!existsSync(file)) return undefined;
  return new SourceMap(SourceMapFile.parse(JSON.parse(readFileSync(file, 'utf8'))));
}
