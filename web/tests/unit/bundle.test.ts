// @vitest-environment node
// The promises about the built page: small on the first view, nothing that the Content-Security-Policy refuses, types
// that fit the API. Reads what `npm run build` left.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import openapiTypescript, { astToString, COMMENT_HEADER } from 'openapi-typescript';
import { describe, expect, test } from 'vitest';
import type { BundleFile } from '../../build-steps/bundle_report';

const web = fileURLToPath(new URL('../..', import.meta.url));
const at = (...parts: string[]) => join(web, ...parts);
const built = existsSync(at('dist', 'index.html')) && existsSync(at('.cache', 'bundle.json'));
const first_view_bytes_max = 100_000;

function loadedWith(files: BundleFile[], start: string[]): Set<string> {
  const wanted = [...start];
  const loaded = new Set<string>();
  for (let name = wanted.pop(); name; name = wanted.pop()) {
    if (loaded.has(name)) continue;
    loaded.add(name);
    wanted.push(...(files.find((file) => file.file === name)?.imports ?? []));
  }
  return loaded;
}

describe.skipIf(!built)('the built page', () => {
  const files = built ? (JSON.parse(readFileSync(at('.cache', 'bundle.json'), 'utf8')) as BundleFile[]) : [];
  const entry = () => files.filter((file) => file.entry).map((file) => file.file);
  const holding = (module: string) => files.filter((file) => file.modules.some((name) => name.startsWith(module))).map((file) => file.file);
  const weight = (names: Iterable<string>) => {
    // theme.js, which runs before the first paint, is part of the first view too.
    const scripts = [...names].map((name) => readFileSync(at('dist', `${name}${existsSync(at('dist', `${name}.br`)) ? '.br' : ''}`)).length);
    return scripts.reduce((sum, bytes) => sum + bytes, readFileSync(at('dist', 'theme.js')).length);
  };

  test.each(['src/trends/TrendsView.vue', 'src/app/SetupView.vue', 'src/app/SignInView.vue'])('first view with %s is small', (view) => {
    const bytes = weight(loadedWith(files, [...entry(), ...holding(view)]));
    console.info(`${view}: ${bytes} bytes of JavaScript in Brotli on the first view (limit ${first_view_bytes_max})`);
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(first_view_bytes_max);
  });

  test('the calendar is not part of it', () => {
    const first = loadedWith(files, entry());
    expect(holding('node_modules/@fullcalendar').filter((name) => first.has(name))).toEqual([]);
    expect(holding('node_modules/@fullcalendar').length).toBeGreaterThan(0);
  });

  test('every larger file has compressed siblings', () => {
    for (const name of readdirSync(at('dist', 'assets')).filter((file) => /\.(js|css)$/.test(file))) {
      if (readFileSync(at('dist', 'assets', name)).length < 1024) continue;
      expect(existsSync(at('dist', 'assets', `${name}.br`)), name).toBe(true);
      expect(existsSync(at('dist', 'assets', `${name}.gz`)), name).toBe(true);
    }
  });

  test('nothing is inline, foreign or of the tests', () => {
    const html = readFileSync(at('dist', 'index.html'), 'utf8');
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>/);
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
    for (const name of readdirSync(at('dist', 'assets')).filter((file) => file.endsWith('.js'))) {
      const script = readFileSync(at('dist', 'assets', name), 'utf8');
      expect(script, name).not.toMatch(/new Function\(|[^.\w]eval\(|application\/x-font|font\/woff|Harbour Studio/);
    }
  });
});

test('the page was built before the tests', () => expect(built, 'npm run build').toBe(true));

test('the generated types are those of the API document', async () => {
  const source = new URL('../../../src/app/openapi.json', import.meta.url);
  const generated = COMMENT_HEADER + astToString(await openapiTypescript(source));
  expect(readFileSync(at('src', 'api', 'schema.d.ts'), 'utf8'), 'npm run types').toBe(generated);
});
