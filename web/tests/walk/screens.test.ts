// Every screen, on a desk and on a phone, light and dark: it appears, complains about nothing, fits, and is accessible.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MockServer } from '../mock-server/server';
import { accessibilityProblems, desktop, dist, hasBrowser, launch, phone, shoot, sidewaysOverflow, visit, type Visit } from './browser';

let browser: Browser;
let server: MockServer;
let url: string;

beforeAll(async () => {
  if (!hasBrowser) return;
  browser = await launch();
  server = new MockServer({ folder: dist });
  url = await server.start();
  server.signedIn = true;
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const idOf = (state: string) => server.posts.find((post) => post.state === state)!.id;
const screens: { name: string; path: () => string; ready: string }[] = [
  { name: 'trends', path: () => '/trends', ready: '#northernlights' },
  { name: 'trend', path: () => `/trends/${server.trends[0]!.id}`, ready: 'Why it is a trend' },
  { name: 'trend-coordinated', path: () => `/trends/${server.trends[3]!.id}`, ready: 'It may be a campaign' },
  { name: 'trends-topic', path: () => `/trends?watch_list=${server.lists[0]!.id}`, ready: 'about your topic' },
  { name: 'trends-past', path: () => '/trends/past', ready: 'Lasted' },
  { name: 'topics', path: () => '/topics', ready: 'Northern lights' },
  { name: 'topics-new', path: () => '/topics/new', ready: 'Words and phrases' },
  { name: 'topic', path: () => `/topics/${server.lists[0]!.id}`, ready: 'found by' },
  { name: 'topic-edit', path: () => `/topics/${server.lists[0]!.id}/edit`, ready: 'Trends of the last day' },
  { name: 'rules', path: () => '/rules', ready: 'Acted 4 times' },
  { name: 'rule-new', path: () => '/rules/new', ready: 'Start the rule' },
  { name: 'rule', path: () => `/rules/${server.rules[0]!.id}`, ready: 'Its score 7.1 is below' },
  { name: 'settings-trends', path: () => '/settings/trends', ready: 'Never shown' },
  { name: 'settings-notices', path: () => '/settings/notices', ready: 'eight times' },
  { name: 'compose', path: () => `/compose?trend=${server.trends[0]!.id}`, ready: 'Suggest a caption' },
  { name: 'compose-repeat', path: () => '/compose?repeat=1', ready: 'Show more' },
  { name: 'series-all', path: () => '/series', ready: 'Cannot go on' },
  { name: 'series', path: () => `/series/${server.series[0]!.id}`, ready: 'Posts that are waiting' },
  { name: 'series-edit', path: () => `/series/${server.series[0]!.id}/edit`, ready: 'Save the series' },
  { name: 'bulk', path: () => '/bulk', ready: 'Begin with an example' },
  { name: 'approvals', path: () => '/approvals', ready: 'Approve' },
  { name: 'edit', path: () => `/posts/${idOf('scheduled')}/edit`, ready: 'Back to draft' },
  { name: 'calendar-month', path: () => '/calendar?view=month', ready: 'Mon' },
  { name: 'calendar-week', path: () => '/calendar?view=week', ready: 'Mon' },
  { name: 'calendar-list', path: () => '/calendar?view=list', ready: 'Month' },
  { name: 'posts', path: () => '/posts', ready: 'Needs your decision' },
  { name: 'post-decision', path: () => `/posts/${idOf('needs_decision')}`, ready: 'It is there' },
  { name: 'post-published', path: () => `/posts/${idOf('published')}`, ready: 'On each account' },
  { name: 'accounts', path: () => '/accounts', ready: 'Reconnect needed' },
  { name: 'sources', path: () => '/sources', ready: 'Bluesky Jetstream' },
  { name: 'settings-workspace', path: () => '/settings', ready: 'Approval before publishing' },
  { name: 'settings-people', path: () => '/settings/people', ready: 'Jonas Lind' },
  { name: 'settings-audit', path: () => '/settings/audit', ready: 'approved a post' },
  { name: 'settings-tokens', path: () => '/settings/tokens', ready: 'Your tokens' },
  { name: 'settings-appearance', path: () => '/settings/appearance', ready: 'Kept in this browser.' },
  { name: 'settings-you', path: () => '/settings/you', ready: 'Change the password' },
  { name: 'not-found', path: () => '/nowhere', ready: 'There is nothing at this address' },
];
// Each theme and each size once; all four combinations for whoever wants to look at the pictures.
const looks = [
  { name: 'desktop-light', options: { ...desktop, colorScheme: 'light' as const } },
  { name: 'phone-dark', options: { ...phone, colorScheme: 'dark' as const } },
  ...(process.env['SHOTS']
    ? [
        { name: 'desktop-dark', options: { ...desktop, colorScheme: 'dark' as const } },
        { name: 'phone-light', options: { ...phone, colorScheme: 'light' as const } },
      ]
    : []),
];

describe.skipIf(!hasBrowser).each(looks)('$name', ({ name: look, options }) => {
  let here: Visit;
  beforeAll(async () => {
    here = await visit(browser, url, options);
  });
  afterAll(() => here.close());

  test.each(screens)('$name', async ({ name, path, ready }) => {
    const { page, complaints } = here;
    await page.goto(path());
    await page.getByText(ready).locator('visible=true').first().waitFor();
    await shoot(page, `${name}-${look}`);
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await sidewaysOverflow(page)).toBeLessThanOrEqual(0);
    expect(complaints.splice(0)).toEqual([]);
  });
});
