import { z } from 'zod';
import { Epoch } from '../ids.ts';
import { ResumeFailure } from '../site-cursor.ts';

/** The media type of what happens at a site, as it happens. */
export const EVENT_STREAM = 'text/event-stream';

/** Position at which a stream resumes: `<epoch>/<rev>`, the id of the last message. */
export const LastEventId = z
  .string()
  .regex(/^[^/]{1,80}\/\d{1,15}$/)
  .transform((text) => {
    const [epoch, rev] = text.split('/');
    return { epoch, after: Number(rev) };
  })
  .pipe(z.object({ epoch: Epoch, after: z.int().nonnegative() }));

const place = {
  epoch: Epoch,
  /** Of the newest event of the site. */
  rev: z.int().nonnegative(),
  /** The position of the site's readings at that time. */
  readings: z.int().nonnegative(),
};

/** `opened`: the stream continues without a gap. */
export const StreamOpened = z.object(place);

/** `not-recovered`: something before `next`, where the stream continues, is missing. */
export const StreamNotRecovered = z.object({
  ...place,
  reason: ResumeFailure,
  next: z.int().nonnegative(),
});
