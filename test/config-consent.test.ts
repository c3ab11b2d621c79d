/** The settings for connecting accounts by OAuth: what is taken, and what is refused in one sentence. */
import { describe, expect, test } from 'vitest';
import { readServeConfig } from '../src/config/config.ts';
import { ConfigError, type Environment } from '../src/config/settings.ts';

const BASE = { STEPGATE_API_KEY: 'x'.repeat(30), STEPGATE_ENCRYPTION_KEYS: `k1:${'A'.repeat(43)}` };

function read(env: Environment) {
  return readServeConfig({ ...BASE, ...env }, []).consent;
}

test('nothing is set', () => {
  expect(read({})).toEqual({ publicUrl: undefined, returnUrls: [] });
  expect(read({ STEPGATE_PUBLIC_URL: '', STEPGATE_RETURN_URLS: ' , ' })).toEqual({
    publicUrl: undefined,
    returnUrls: [],
  });
});

test.each([
  ['https://gateway.example', 'https://gateway.example'],
  ['https://example.com/stepgate/', 'https://example.com/stepgate'],
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['http://[::1]:8080', 'http://[::1]:8080'],
  ['http://localhost', 'http://localhost'],
])('STEPGATE_PUBLIC_URL=%s', (text, publicUrl) => {
  expect(read({ STEPGATE_PUBLIC_URL: text }).publicUrl).toBe(publicUrl);
});

test('return URLs are kept as they are written', () => {
  const urls = ['https://app.example', 'https://App.example/a?b=c', 'http://127.0.0.1:3000/done'];
  expect(read({ STEPGATE_RETURN_URLS: urls.join(' , ') }).returnUrls).toEqual(urls);
});

describe('refused', () => {
  test.each([
    'http://gateway.example',
    'gateway.example',
    'https://gateway.example/?a=b',
    'https://gateway.example/#a',
    'https://user@gateway.example',
    'http://127.0.0.1.evil.example',
    'ftp://gateway.example',
  ])('STEPGATE_PUBLIC_URL=%s', (text) => {
    expect(() => read({ STEPGATE_PUBLIC_URL: text })).toThrow(ConfigError);
    expect(() => read({ STEPGATE_PUBLIC_URL: text })).toThrow(/STEPGATE_PUBLIC_URL must be an https URL/);
  });

  test.each([
    ['http://app.example/', /https URL/],
    ['https://app.example/#done', /without fragment/],
    ['https://app.example/#', /without fragment/],
    ['https://user:secret@app.example/', /without fragment or user/],
    ['javascript:alert(1)', /https URL/],
    ['/connected', /https URL/],
    ['https://app.example/?confirmation=1', /parameter confirmation of its own/],
  ])('STEPGATE_RETURN_URLS=%s', (text, says) => {
    const env = { STEPGATE_RETURN_URLS: `https://app.example/good,${text}` };
    expect(() => read(env)).toThrow(ConfigError);
    expect(() => read(env)).toThrow(says);
  });
});
