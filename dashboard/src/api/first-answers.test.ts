import { describe, expect, it } from 'vitest';
import { withFirstAnswers } from './first-answers.ts';

function arrange(answers: Parameters<typeof withFirstAnswers>[0]) {
  const fetched: string[] = [];
  const fetch = withFirstAnswers(answers, (input) => {
    fetched.push(input instanceof Request ? input.url : String(input));
    return Promise.resolve(new Response('later'));
  });
  const get = async (path: string, init?: RequestInit) => (await fetch(path, init)).text();
  return { fetched, get };
}

describe('the answers that were requested while the page was loading', () => {
  it('are used once', async () => {
    const { get, fetched } = arrange({ '/api/session': Promise.resolve(new Response('early')) });
    expect(await get('/api/session')).toBe('early');
    expect(await get('/api/session')).toBe('later');
    expect(fetched).toEqual(['/api/session']);
  });

  it('are not used for requests that change something', async () => {
    const { get } = arrange({ '/api/sites': Promise.resolve(new Response('early')) });
    expect(await get('/api/sites', { method: 'POST' })).toBe('later');
    expect(await get('/api/sites')).toBe('early');
  });

  it('are requested again if they failed, or if nobody was signed in', async () => {
    const { get } = arrange({
      '/api/session': Promise.reject(new TypeError('cut')),
      '/api/sites': Promise.resolve(undefined),
    });
    expect(await get('/api/session')).toBe('later');
    expect(await get('/api/sites')).toBe('later');
  });

  it('are requested again if they were refused: someone may have signed in since', async () => {
    const refused = Promise.resolve(new Response('no', { status: 401 }));
    const { get } = arrange({ '/api/sites': refused });
    expect(await get('/api/sites')).toBe('later');
  });

  it('are none if the page has not requested any', async () => {
    expect(await arrange(undefined).get('/api/session')).toBe('later');
  });
});
