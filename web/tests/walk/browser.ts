// A real browser for the walk: Debian's Chromium, or the one that CHROMIUM names. Everything that the page complains about
// on its console (a refused script, an unhandled error) fails the walk.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

export const executable = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
export const hasBrowser = existsSync(executable);
export const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const shots = process.env['SHOTS'];
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: executable,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export const desktop: BrowserContextOptions = { viewport: { width: 1360, height: 900 } };
export const phone: BrowserContextOptions = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

export interface Visit {
  page: Page;
  // What the page said that it should not.
  complaints: string[];
  close: () => Promise<void>;
}

export async function visit(browser: Browser, url: string, options: BrowserContextOptions): Promise<Visit> {
  const context = await browser.newContext({ reducedMotion: 'reduce', timezoneId: 'Europe/Paris', locale: 'en-GB', ...options, baseURL: url });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // A refused request (422, 409) is part of the walk; the page has to show it, which is checked there.
    if (['error', 'warning'].includes(message.type()) && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
  });
  return { page, complaints, close: () => context.close() };
}

export async function shoot(page: Page, name: string): Promise<void> {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: `${shots}/${name}.png`, fullPage: !name.includes('dialog') });
}

interface AxeResult {
  violations: { id: string; help: string; nodes: { target: string[]; failureSummary: string }[] }[];
}

// Names every accessibility problem of what is shown now.
export async function accessibilityProblems(page: Page): Promise<string[]> {
  // By the debugging protocol: the Content-Security-Policy allows no foreign script in the page.
  await page.evaluate(axeSource);
  const result = (await page.evaluate(
    `axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      // Experimental, and FullCalendar's day cells (named by their date, holding posts) cannot pass it.
      rules: { "label-content-name-mismatch": { enabled: false } },
    })`,
  )) as AxeResult;
  return result.violations.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.id}: ${violation.help} at ${node.target.join(' ')}\n  ${node.failureSummary}`),
  );
}

// Nothing may be wider than the screen.
export function sidewaysOverflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth') as Promise<number>;
}
